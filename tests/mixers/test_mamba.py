import math

import pytest
import torch
import torch.nn.functional as F

from nimba.mixers import Mamba

# What mamba_ssm.Mamba(d_model=32, d_state=8, d_conv=4, expand=2) has, names and shapes.
PUBLISHED = {
    "A_log": (64, 8),
    "D": (64,),
    "in_proj.weight": (128, 32),
    "conv1d.weight": (64, 1, 4),
    "conv1d.bias": (64,),
    "x_proj.weight": (18, 64),
    "dt_proj.weight": (64, 2),
    "dt_proj.bias": (64,),
    "out_proj.weight": (32, 64),
}


def as_published(mixer: Mamba, x: torch.Tensor) -> torch.Tensor:
    """mamba_ssm's slow path, written from the paper in its own layout (B, D, L), with the whole (B, D, L, N)."""
    L, inner = x.shape[1], mixer.D.numel()
    xz = (x @ mixer.in_proj.weight.T).transpose(1, 2)  # (B, 2 D, L)
    x, z = xz.chunk(2, dim=1)
    x = F.silu(mixer.conv1d(x)[..., :L])
    dt, B, C = (x.transpose(1, 2) @ mixer.x_proj.weight.T).split([mixer.dt_rank, mixer.d_state, mixer.d_state], -1)
    delta = F.softplus(mixer.dt_proj(dt)).transpose(1, 2)  # (B, D, L)
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, -mixer.A_log.exp()))
    drive = torch.einsum("bdl,bln,bdl->bdln", delta, B, x)
    state, ys = torch.zeros(len(x), inner, mixer.d_state, dtype=x.dtype), []
    for t in range(L):
        state = decay[:, :, t] * state + drive[:, :, t]
        ys.append(torch.einsum("bdn,bn->bd", state, C[:, t]))
    y = (torch.stack(ys, 2) + x * mixer.D[:, None]) * F.silu(z)  # (B, D, L)
    return y.transpose(1, 2) @ mixer.out_proj.weight.T


def test_parameter_names_and_shapes_are_mamba_ssms():
    assert {name: tuple(p.shape) for name, p in Mamba(32, d_state=8).named_parameters()} == PUBLISHED


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_equals_the_published_mixer(dtype, tolerance):
    torch.manual_seed(0)
    mixer = Mamba(32, d_state=8).double()
    x = torch.randn(3, 21, 32, dtype=torch.float64)
    expected = as_published(mixer, x)
    torch.testing.assert_close(mixer.to(dtype)(x.to(dtype)).double(), expected, rtol=tolerance, atol=tolerance)


def test_no_position_sees_a_later_one():
    mixer = Mamba(16, d_state=4)
    x = torch.randn(1, 12, 16)
    changed = x.clone()
    changed[:, 8] += 1
    before, after = mixer(x), mixer(changed)
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:])


def test_initial_step_sizes_lie_in_mambas_range():
    torch.manual_seed(0)
    dt = F.softplus(Mamba(64).dt_proj.bias)
    assert dt.min() >= 1e-3 * 0.999
    assert dt.max() <= 1e-1 * 1.001
    assert 0.2 < ((dt.log() - math.log(1e-3)) / math.log(100)).mean() < 0.8


def test_state_matrix_starts_as_s4d_real():
    mixer = Mamba(16, d_state=4)
    torch.testing.assert_close(mixer.A_log.exp(), torch.arange(1.0, 5).expand(32, 4))
    assert mixer.D.eq(1).all()
