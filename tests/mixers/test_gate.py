import pytest
import torch
import torch.nn.functional as F

from nimba.mixers.gate import silu_gate


def draw(*size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(0)) * 4


@pytest.mark.parametrize("channels", [1, 16, 37])
def test_equals_torch_forward_and_backward_where_rows_lie_apart(channels):
    whole, y, grad = draw(2, 5, 2 * channels), draw(2, 5, channels) + 1, draw(2, 5, channels) - 1
    results = []
    for dtype in (torch.float32, torch.float64):
        a, b = y.to(dtype).requires_grad_(), whole.to(dtype).requires_grad_()
        z = b.chunk(2, dim=-1)[1]  # a half of in_proj's output
        out = silu_gate(a, z) if dtype == torch.float32 else a * F.silu(z)
        results.append((out.detach(), *torch.autograd.grad((out * grad.to(dtype)).sum(), (a, b))))
    for found, exact in zip(*results, strict=True):
        torch.testing.assert_close(found.double(), exact, rtol=2e-6, atol=2e-6)


def test_far_values_neither_overflow_nor_vanish_and_nan_is_handed_on():
    z = torch.tensor([[[-1e4, -100.0, -20.0, 0.0, 20.0, 100.0, 1e4, torch.nan]]])
    torch.testing.assert_close(silu_gate(torch.ones_like(z), z), F.silu(z), rtol=1e-6, atol=1e-30, equal_nan=True)


def test_a_cloud_does_not_depend_on_the_others():
    y, z = draw(3, 7, 20), draw(3, 7, 20).flip(0)
    assert torch.equal(silu_gate(y, z)[1:2], silu_gate(y[1:2], z[1:2]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_are_torchs(dtype):
    y = draw(1, 2, 16).to(dtype)
    assert torch.equal(silu_gate(y, y), y * F.silu(y))


def test_is_a_proper_operator():
    y, z = draw(2, 4, 16).requires_grad_(), draw(2, 4, 16).requires_grad_()
    checks = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")
    torch.library.opcheck(torch.ops.nimba.silu_gate, (y, z), test_utils=checks)
