import pytest
import torch
import torch.nn.functional as F

from nimba.mixers.step_size import step_size


def values():
    generator = torch.Generator().manual_seed(0)
    spread = torch.cat([torch.linspace(-90, 90, 4000), torch.randn(2000, generator=generator), torch.zeros(3)])
    return spread[:6000].view(2, 1000, 3)


def test_equals_softplus_to_the_last_digits():
    x, bias = values(), torch.tensor([0.0, -4.6, 3.0])
    exact = F.softplus((x + bias).double(), threshold=1e9)
    found = step_size(x, bias)
    assert (found > 0).all()
    representable = exact > 1.2e-38  # what would be subnormal comes out as the smallest normal number
    assert ((found - exact).abs() / exact)[representable].max() < 5e-7


def test_gradients_equal_those_of_softplus():
    x, bias = values().requires_grad_(), torch.tensor([0.0, -4.6, 3.0]).requires_grad_()
    weight = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    found = torch.autograd.grad((step_size(x, bias) * weight).sum(), (x, bias))
    exact = [t.detach().double().requires_grad_() for t in (x, bias)]
    wanted = torch.autograd.grad((F.softplus(exact[0] + exact[1], threshold=1e9) * weight).sum(), exact)
    torch.testing.assert_close(found[0].double(), wanted[0], rtol=5e-6, atol=1e-30)
    torch.testing.assert_close(found[1].double(), wanted[1], rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_are_torchs(dtype):
    x, bias = values().to(dtype), torch.zeros(3, dtype=dtype)
    torch.testing.assert_close(step_size(x, bias), F.softplus(x))


def test_is_a_proper_operator():
    x, bias = values()[:, :4].contiguous().requires_grad_(), torch.zeros(3, requires_grad=True)
    checks = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")
    torch.library.opcheck(torch.ops.nimba.step_size, (x, bias), test_utils=checks)


def test_nan_is_handed_on():
    x = torch.full((1, 1, 3), torch.nan)
    assert step_size(x, torch.zeros(3)).isnan().all()
