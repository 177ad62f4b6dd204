import copy

import pytest
import torch

from nimba.classifier import ModelSettings, NimbaClassifier
from nimba.explain import scan_memory
from nimba.explain.attention import implicit_attention
from nimba.explain.memory import mixer_lookback, selection
from nimba.mixers import Mamba
from nimba.runtime.errors import InputError
from nimba.scan import selective_scan

SETTINGS = ModelSettings(num_centres=24, patch_size=8, encoder_channels=(8, 16, 16), dim=16, depth=2, d_state=4)


def mixer(dim=6, dtype=torch.float64):
    torch.manual_seed(0)
    made = Mamba(dim, d_state=3).to(dtype)
    with torch.no_grad():
        made.dt_proj.bias.add_(2.0)  # forget within the few tokens of a test
    return made


def impulse_responses(made, x):
    """(L, L, inner): what one more unit of input at step s changes in the scan's output at step t, one s at a time."""
    delta, B, C = (part.detach() for part in selection(made, x))
    A, u = -made.A_log.detach().exp(), torch.randn_like(delta)
    rest = selective_scan(u, delta, A, B, C, torch.zeros_like(made.D))
    columns = []
    for s in range(x.shape[1]):
        pushed = u.clone()
        pushed[:, s] += 1
        columns.append((selective_scan(pushed, delta, A, B, C, torch.zeros_like(made.D)) - rest)[0])
    return torch.stack(columns, 1)


def test_attention_is_the_impulse_response_of_the_scan():
    made, x = mixer(), torch.randn(1, 11, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected = impulse_responses(made, x)  # (t, s, inner)
    with torch.no_grad():
        delta, B, C = selection(made, x)
        rows = list(implicit_attention(delta[0], -made.A_log.exp(), B[0], C[0]))
    for t, row in enumerate(rows):
        torch.testing.assert_close(row, expected[t, : t + 1])
        assert expected[t, t + 1 :].eq(0).all()


def test_selects_what_the_mixer_selects():
    made, x = mixer(), torch.randn(2, 9, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        (u, z), (delta, B, C) = made.in_proj(x).chunk(2, dim=-1), selection(made, x)
        u = torch.nn.functional.silu(made.conv1d(u.transpose(1, 2))[..., :9]).transpose(1, 2)
        y = selective_scan(u, delta, -made.A_log.exp(), B, C, made.D)
        torch.testing.assert_close(made.out_proj(y * torch.nn.functional.silu(z)), made(x))


def test_lookback_is_the_mean_age_of_the_impulses():
    made, x = mixer(), torch.randn(1, 11, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    weights = impulse_responses(made, x).abs()  # (t, s, inner)
    ages = (torch.arange(11)[:, None] - torch.arange(11)).clamp(min=0)[..., None]
    expected = ((weights * ages).sum(1) / weights.sum(1)).mean(1)
    with torch.no_grad():
        torch.testing.assert_close(mixer_lookback(made, x)[0].double(), expected, rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_larger_steps_forget_sooner():
    made, x = mixer(), torch.randn(1, 30, 6, dtype=torch.float64)
    before = mixer_lookback(made, x)
    made.dt_proj.bias.add_(2.0)
    after = mixer_lookback(made, x)
    assert (after[:, 1:] < before[:, 1:]).all()


def model(**changes):
    torch.manual_seed(0)
    return NimbaClassifier(5, ModelSettings(**{**vars(SETTINGS), **changes})).eval()


def test_lies_between_the_token_itself_and_the_start(points):
    lookback = scan_memory(model(), points)
    assert lookback.shape == (2, 24)
    assert lookback.dtype == torch.float32
    assert lookback[:, 0].eq(0).all()
    assert (lookback[:, 1:] > 0).all()
    assert (lookback <= torch.arange(24)).all()
    assert scan_memory(model(num_centres=1), points).eq(0).all()


def test_is_the_mean_over_blocks(points):
    one = model(depth=1)
    two = model(depth=2)
    two.blocks[0], two.encoder = one.blocks[0], one.encoder
    with torch.no_grad():
        tokens = two.encoder(two.tokenize(points).patches)
        second = mixer_lookback(two.blocks[1].mixer, two.blocks[1].norm(two.blocks[0](tokens)))
    torch.testing.assert_close(scan_memory(two, points), (scan_memory(one, points) + second) / 2)


@torch.no_grad()
def test_no_place_depends_on_a_later_one():
    made, x = mixer(), torch.randn(1, 12, 6, dtype=torch.float64)
    changed = x.clone()
    changed[:, 8] += 1
    before, after = mixer_lookback(made, x), mixer_lookback(made, changed)
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:])


def test_leaves_the_model_as_it_was(points):
    used = model().train()
    before, modes = copy.deepcopy(used.state_dict()), [module.training for module in used.modules()]
    assert torch.equal(scan_memory(used, points), scan_memory(model(), points))
    assert [module.training for module in used.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in used.state_dict().items())
    assert not any(module._forward_pre_hooks for module in used.modules())


def test_needs_a_scan(points):
    silent = model()
    for block in silent.blocks:
        block.mixer = torch.nn.Identity()
    with pytest.raises(InputError, match="no Mamba mixer"):
        scan_memory(silent, points)


@pytest.fixture
def points():
    return torch.rand(2, 100, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
