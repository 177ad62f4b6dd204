import pytest
import torch
import torch.nn.functional as F

from nimba.scan import selective_scan
from nimba.scan.reference import selective_scan_reference

SHAPES = [(2, 37, 70, 16), (1, 1, 3, 1), (3, 16, 64, 8), (2, 33, 130, 4), (1, 100, 1, 16)]


def arguments(shape, dtype=torch.float64, seed=0):
    B, L, D, N = shape
    generator = torch.Generator().manual_seed(seed)

    def draw(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    u, delta, A = draw(B, L, D), F.softplus(draw(B, L, D) - 2), -draw(D, N).exp()
    return [t.to(dtype).requires_grad_() for t in (u, delta, A, draw(B, L, N), draw(B, L, N), draw(D))]


def relative_error(result, expected):
    return ((result.double() - expected).abs().max() / expected.abs().max().clamp(min=1e-12)).item()


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_reference_forward_and_backward(shape, dtype, bound):
    ours, exact = arguments(shape, dtype), arguments(shape)
    exact = [t.detach().to(dtype).double().requires_grad_() for t in exact]
    y, expected = selective_scan(*ours), selective_scan_reference(*exact)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (y * weights.to(dtype)).sum().backward()
    (expected * weights).sum().backward()
    assert y.dtype == dtype
    assert relative_error(y, expected) < bound
    for result, wanted in zip(ours, exact, strict=True):
        assert relative_error(result.grad, wanted.grad) < bound or wanted.grad.abs().max() < 1e-9


def test_gradients_by_finite_differences():
    assert torch.autograd.gradcheck(selective_scan, arguments((2, 5, 3, 2)), eps=1e-6, atol=1e-6)


@pytest.mark.parametrize("delta", [0.0, 1e-30, 50.0, 1e4])
def test_extreme_steps_stay_finite(delta):
    u, step, *rest = (t.detach() for t in arguments((2, 20, 8, 4), torch.float32))
    step = torch.full_like(step, delta)
    y = selective_scan(u, step, *rest)
    assert y.isfinite().all()
    torch.testing.assert_close(y, selective_scan_reference(u, step, *rest), rtol=1e-4, atol=1e-4 * max(delta, 1))


def test_nan_spreads_forward_only():
    tensors = [t.detach() for t in arguments((1, 20, 4, 2), torch.float32)]
    tensors[0][0, 10, 1] = torch.nan
    y = selective_scan(*tensors)
    assert y[0, :10].isfinite().all()
    assert y[0, 10:, 1].isnan().all()
    assert y[0, :, [0, 2, 3]].isfinite().all()


def test_bf16_comes_back_as_bf16():
    tensors = [t.detach().bfloat16() for t in arguments((2, 8, 16, 4))]
    y = selective_scan(*tensors)
    assert y.dtype == torch.bfloat16
    expected = selective_scan_reference(*(t.double() for t in tensors))
    assert relative_error(y, expected) < 1e-2


def test_results_do_not_depend_on_threads():
    threads = torch.get_num_threads()
    outcomes = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            tensors = arguments((2, 40, 200, 8), torch.float32)
            selective_scan(*tensors).square().sum().backward()
            outcomes.append([t.grad for t in tensors])
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(*outcomes, strict=True):
        assert torch.equal(one, two)
