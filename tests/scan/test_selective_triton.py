import pytest
import torch
import torch.nn.functional as F

from nimba.scan.operators_triton import selective_scan_triton
from nimba.scan.reference import selective_scan_reference
from tests.interpreter import interpreted


def arguments(shape, dtype=torch.float64):
    """u, delta, A, B, C and D of a scan of (B, L, D, N)."""
    B, L, D, N = shape
    generator = torch.Generator().manual_seed(0)

    def draw(*size):
        return torch.randn(*size, generator=generator, dtype=dtype)

    u, delta, A = draw(B, L, D), F.softplus(draw(B, L, D) - 2), -draw(D, N).exp()
    return [t.requires_grad_() for t in (u, delta, A, draw(B, L, N), draw(B, L, N), draw(D))]


def relative_error(result, expected):
    return ((result.double() - expected).abs().max() / expected.abs().max().clamp(min=1e-12)).item()


@pytest.mark.parametrize(
    ("shape", "dtype", "bound"),
    [
        ((2, 11, 10, 16), torch.float32, 1e-5),  # two blocks of channels, two segments
        ((1, 1, 3, 1), torch.float32, 1e-5),
        ((1, 8, 9, 5), torch.float32, 1e-5),
        ((1, 3, 40, 2), torch.float32, 1e-5),
        ((1, 5, 2, 40), torch.float32, 1e-5),
        ((1, 9, 3, 2), torch.float64, 1e-12),
    ],
)
@interpreted
def test_equals_the_reference_forward_and_backward(shape, dtype, bound):
    exact = arguments(shape)
    ours = [t.detach().to(dtype).requires_grad_() for t in exact]
    exact = [t.detach().double().requires_grad_() for t in ours]
    y, expected = selective_scan_triton(*ours), selective_scan_reference(*exact)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    (y * weights).sum().backward()
    (expected * weights).sum().backward()
    assert y.dtype == dtype
    assert relative_error(y, expected) < bound
    for result, wanted in zip(ours, exact, strict=True):
        assert result.grad.dtype == dtype
        assert relative_error(result.grad, wanted.grad) < bound or wanted.grad.abs().max() < 1e-9


@interpreted
def test_slices_and_mixed_types_as_under_autocast():
    """There B and C are slices of one bf16 projection, and step sizes, A and D stay in float32."""
    u, delta, A, B, C, D = (t.detach() for t in arguments((2, 9, 6, 4)))
    projection = torch.cat([B, C], 2).bfloat16().requires_grad_()
    B, C = projection.split(4, 2)
    y = selective_scan_triton(u.bfloat16(), delta.float(), A.float(), B, C, D.float())
    y.sum().backward()  # a gradient that is one number, expanded
    exact = projection.detach().double().requires_grad_()
    expected = selective_scan_reference(u.bfloat16().double(), delta, A, *exact.split(4, 2), D)
    expected.sum().backward()
    assert y.dtype == projection.grad.dtype == torch.bfloat16
    assert relative_error(y, expected) < 1e-2
    assert relative_error(projection.grad, exact.grad) < 1e-2


@pytest.mark.parametrize("step", [0.0, 1e-30, 50.0, 1e4])
@interpreted
def test_extreme_steps_stay_finite(step):
    u, delta, *rest = (t.detach().float() for t in arguments((1, 9, 8, 4)))
    delta = torch.full_like(delta, step)
    y = selective_scan_triton(u, delta, *rest)
    torch.testing.assert_close(y, selective_scan_reference(u, delta, *rest), rtol=1e-4, atol=1e-4 * max(step, 1))


@interpreted
def test_nan_spreads_forward_only():
    tensors = [t.detach().float() for t in arguments((1, 12, 4, 2))]
    tensors[0][0, 6, 1] = torch.nan
    y = selective_scan_triton(*tensors)
    assert y[0, :6].isfinite().all()
    assert y[0, 6:, 1].isnan().all()
    assert y[0, :, [0, 2, 3]].isfinite().all()


@pytest.mark.parametrize("shape", [(0, 4, 3, 2), (2, 0, 3, 2)])
@interpreted
def test_nothing_to_scan(shape):
    tensors = arguments(shape)
    y = selective_scan_triton(*tensors)
    assert y.shape == shape[:3]
    y.sum().backward()
    assert tensors[2].grad.abs().sum() == 0


@pytest.mark.parametrize("keep", [True, False])
@interpreted
def test_tracing_sees_the_shapes_that_come_out(keep):
    tensors = [t.detach().bfloat16() for t in arguments((2, 9, 3, 2))]
    on_paper = [t.to("meta") for t in tensors]
    results = torch.ops.nimba.selective_scan_triton(*tensors, keep)
    traced = torch.ops.nimba.selective_scan_triton(*on_paper, keep)
    if keep:
        results += tuple(torch.ops.nimba.selective_scan_triton_backward(results[0], *tensors, results[1]))
        traced += tuple(torch.ops.nimba.selective_scan_triton_backward(traced[0], *on_paper, traced[1]))
    assert [(t.shape, t.dtype) for t in results] == [(t.shape, t.dtype) for t in traced]


@pytest.mark.parametrize(
    ("shape", "chunk"),
    [((2, 17, 10, 2), 8), ((1, 24, 3, 5), 16)],
)
@interpreted
def test_chunks_side_by_side_equal_one_after_the_other(shape, chunk):
    """A single long cloud would else keep a fraction of the device busy."""
    from nimba.scan.selective_triton import scan_backward, scan_forward
    from nimba.scan.tiling import Tiling

    tensors = [t.detach().float() for t in arguments(shape)]
    _, L, D, _ = shape
    cut = Tiling(channels=8, blocks=-(-D // 8), chunk=chunk, chunks=-(-L // chunk))
    assert cut.chunks > 1
    y, states = scan_forward(*tensors, True, cut)
    exact = [t.double().requires_grad_() for t in tensors]
    expected = selective_scan_reference(*exact)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    (expected * weights).sum().backward()
    assert relative_error(y, expected) < 1e-5
    for gradient, wanted in zip(scan_backward(weights, *tensors, states, cut), exact, strict=True):
        assert relative_error(gradient, wanted.grad) < 1e-5
