import math

import pytest
import torch
import torch.nn.functional as F

from nimba.mixers.hydra import Hydra
from nimba.mixers.mamba2 import Mamba2
from nimba.mixers.ssd import COMPILED_STATES, ssd_scan, ssd_scan_chunked, ssd_scan_reference

SCANS = [ssd_scan, ssd_scan_chunked]
SHAPES = [(2, 37, 3, 4, 5), (1, 1, 1, 1, 1), (2, 64, 2, 8, 4), (1, 65, 2, 3, 16), (2, 150, 1, 2, 3)]  # B, L, H, P, N

# What mamba_ssm.modules.mamba2.Mamba2(d_model=32, d_state=8, d_conv=4, expand=2, headdim=16) has, names and shapes.
PUBLISHED = {
    "dt_bias": (4,),
    "A_log": (4,),
    "D": (4,),
    "in_proj.weight": (148, 32),
    "conv1d.weight": (80, 1, 4),
    "conv1d.bias": (80,),
    "norm.weight": (64,),
    "out_proj.weight": (32, 64),
}


def arguments(shape, dtype=torch.float64):
    B, L, H, P, N = shape
    generator = torch.Generator().manual_seed(0)

    def draw(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    x, delta, A = draw(B, L, H, P), F.softplus(draw(B, L, H) - 2), -draw(H).exp()
    return [t.to(dtype).requires_grad_() for t in (x, delta, A, draw(B, L, N), draw(B, L, N), draw(H))]


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_recurrence_forward_and_backward(shape, scan, dtype, bound):
    ours = arguments(shape, dtype)
    exact = [t.detach().double().requires_grad_() for t in ours]
    y, expected = scan(*ours), ssd_scan_reference(*exact)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (y * weights.to(dtype)).sum().backward()
    (expected * weights).sum().backward()
    assert y.dtype == dtype
    pairs = [(y, expected), *((a.grad, b.grad) for a, b in zip(ours, exact, strict=True))]
    for result, wanted in pairs:
        assert (result.double() - wanted).abs().max() <= bound * wanted.abs().max().clamp(min=1e-3)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 64])
def test_gradients_by_finite_differences(chunk):
    tensors = arguments((2, 5, 2, 2, 3))
    assert torch.autograd.gradcheck(lambda *t: ssd_scan_chunked(*t, chunk=chunk), tensors, eps=1e-6, atol=1e-6)


def test_small_states_take_the_compiled_scan_and_large_ones_matrix_products():
    for size, other in ((COMPILED_STATES, False), (COMPILED_STATES + 1, True)):
        tensors = [t.detach() for t in arguments((2, 70, 3, 4, size))]
        assert torch.equal(ssd_scan(*tensors), ssd_scan_chunked(*tensors)) == other
        torch.testing.assert_close(ssd_scan(*tensors), ssd_scan_reference(*tensors))


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("delta", [0.0, 1e-30, 50.0, 1e4])
def test_extreme_steps_stay_finite(delta, scan):
    x, step, *rest = (t.detach() for t in arguments((2, 70, 2, 3, 4), torch.float32))
    tensors = [t.requires_grad_() for t in (x, torch.full_like(step, delta), *rest)]
    y = scan(*tensors)
    y.sum().backward()
    assert all(t.isfinite().all() for t in (y, *(t.grad for t in tensors)))
    torch.testing.assert_close(y, ssd_scan_reference(*tensors), rtol=1e-4, atol=1e-4 * max(delta, 1))


@pytest.mark.parametrize("scan", SCANS)
def test_autocast_does_not_reach_the_scan(scan):
    tensors = [t.detach() for t in arguments((2, 20, 2, 4, 4), torch.float32)]
    expected = scan(*tensors)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(scan(*tensors), expected)
    y = scan(*(t.bfloat16() for t in tensors))
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), expected, rtol=0.1, atol=0.1)


def as_published(mixer: Mamba2, u: torch.Tensor) -> torch.Tensor:
    """mamba_ssm's Mamba2, step by step as its ``step`` does: the convolution's window and the state carried along."""
    inner, N, heads, P = mixer.out_proj.weight.shape[1], mixer.d_state, len(mixer.D), mixer.head_dim
    z, xBC, dt = (u @ mixer.in_proj.weight.T).split([inner, inner + 2 * N, heads], -1)
    dt = F.softplus(dt + mixer.dt_bias)
    window = torch.zeros(len(u), inner + 2 * N, 4, dtype=u.dtype)
    state = torch.zeros(len(u), heads, P, N, dtype=u.dtype)
    outputs = []
    for t in range(u.shape[1]):
        window = torch.cat([window[..., 1:], xBC[:, t, :, None]], -1)
        now = F.silu((window * mixer.conv1d.weight[:, 0]).sum(-1) + mixer.conv1d.bias)
        x, B, C = now.split([inner, N, N], -1)
        x = x.unflatten(-1, (heads, P))
        drive = torch.einsum("bh,bn,bhp->bhpn", dt[:, t], B, x)
        state = state * torch.exp(dt[:, t] * -mixer.A_log.exp())[..., None, None] + drive
        y = torch.einsum("bhpn,bn->bhp", state, C) + mixer.D[:, None] * x
        y = y.flatten(1) * F.silu(z[:, t])
        y = y / (y.square().mean(-1, keepdim=True) + 1e-5).sqrt() * mixer.norm.weight
        outputs.append(y @ mixer.out_proj.weight.T)
    return torch.stack(outputs, 1)


def test_parameter_names_and_shapes_are_mamba_ssms():
    assert {name: tuple(p.shape) for name, p in Mamba2(32, 8, head_dim=16).named_parameters()} == PUBLISHED


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_equals_the_published_mixer(dtype, tolerance):
    torch.manual_seed(0)
    mixer = Mamba2(32, 8, head_dim=16).double()
    with torch.no_grad():
        mixer.norm.weight.uniform_(0.5, 2)
        mixer.D.normal_()
    x = torch.randn(3, 70, 32, dtype=torch.float64)
    expected = as_published(mixer, x)
    torch.testing.assert_close(mixer.to(dtype)(x.to(dtype)).double(), expected, rtol=tolerance, atol=tolerance)


def test_starts_as_mamba_ssm_starts():
    torch.manual_seed(0)
    mixer = Mamba2(512, head_dim=1)  # 1024 heads
    dt, rates = F.softplus(mixer.dt_bias), mixer.A_log.exp()
    assert dt.min() >= 1e-3 * 0.999
    assert dt.max() <= 1e-1 * 1.001
    assert 0.4 < ((dt.log() - math.log(1e-3)) / math.log(100)).mean() < 0.6
    assert rates.min() >= 0.999
    assert rates.max() <= 16.001
    assert 7.5 < rates.mean() < 9.5
    assert mixer.D.eq(1).all()


def hydra_as_published(mixer: Hydra, u: torch.Tensor) -> torch.Tensor:
    """Hydra's mixing written as the quasiseparable matrices of its paper (definition 3.1), one to a head."""
    L, N, heads, P = u.shape[1], mixer.d_state, len(mixer.D), mixer.head_dim
    inner = heads * P
    z, xBC, dt = (u @ mixer.in_proj.weight.T).split([inner, inner + 4 * N, 2 * heads], -1)
    x, *BC = F.silu(mixer.conv1d(xBC.transpose(1, 2))).transpose(1, 2).split([inner, N, N, N, N], -1)
    matrix = torch.zeros(len(u), heads, L, L, dtype=u.dtype)
    for direction in range(2):
        B, C = BC[2 * direction : 2 * direction + 2]
        delta = F.softplus(dt[..., direction * heads : (direction + 1) * heads] + mixer.dt_bias)
        decay = torch.exp(-delta * mixer.A_log.exp())  # (B, L, H)
        for i in range(L):
            for j in range(i) if direction == 0 else range(i + 1, L):
                read = i - 1 if direction == 0 else i + 1  # the scan's output at the place before
                between = range(j + 1, read + 1) if direction == 0 else range(read, j)
                weight = (C[:, read] * B[:, j]).sum(-1, keepdim=True) * delta[:, j]  # (B, H)
                matrix[:, :, i, j] = weight * decay[:, list(between)].prod(1)
    own = x @ mixer.fc_D.weight.T + mixer.D  # (B, L, H)
    matrix = matrix + torch.diag_embed(own.transpose(1, 2))
    y = (matrix @ x.unflatten(-1, (heads, P)).transpose(1, 2)).transpose(1, 2).flatten(2)
    y = y / (y.square().mean(-1, keepdim=True) + 1e-5).sqrt() * mixer.norm.weight * F.silu(z)
    return y @ mixer.out_proj.weight.T


def test_hydra_is_the_published_one():
    torch.manual_seed(0)
    mixer = Hydra(16, d_state=4, d_conv=7, head_dim=8).double()
    shapes = {name: tuple(p.shape) for name, p in mixer.named_parameters()}
    assert shapes == {
        "dt_bias": (4,),
        "A_log": (4,),
        "D": (4,),
        "in_proj.weight": (88, 16),
        "conv1d.weight": (48, 1, 7),
        "conv1d.bias": (48,),
        "fc_D.weight": (4, 32),
        "norm.weight": (32,),
        "out_proj.weight": (16, 32),
    }
    with torch.no_grad():
        for parameter in (mixer.A_log, mixer.D, mixer.norm.weight):
            parameter.uniform_(0.5, 2)
        x = torch.randn(2, 9, 16, dtype=torch.float64)
        torch.testing.assert_close(mixer(x), hydra_as_published(mixer, x))
