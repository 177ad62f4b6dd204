import pytest
import torch

from nimba.mixers.convolution import causal_conv_silu


@pytest.mark.parametrize("shape", [(3, 7, 5, 4), (2, 2, 70, 4), (1, 1, 3, 4), (2, 9, 8, 1)])
def test_compiled_equals_torch_forward_and_backward(shape):
    B, L, D, W = shape
    torch.manual_seed(0)
    tensors = [torch.randn(s, dtype=torch.float64) for s in ((B, L, 2 * D), (D, 1, W), (D,), (B, L, D))]
    results = []
    for dtype in (torch.float64, torch.float32):
        x, weight, bias, grad = (t.detach().to(dtype).requires_grad_() for t in tensors)
        y = causal_conv_silu(x[..., :D], weight, bias)  # a half of in_proj's output: rows are not contiguous
        (y * grad.detach()).sum().backward()
        results.append([y.detach(), x.grad, weight.grad, bias.grad])
    for exact, compiled in zip(*results, strict=True):
        torch.testing.assert_close(compiled.double(), exact, rtol=1e-5, atol=1e-5)


def test_equals_conv1d():
    conv = torch.nn.Conv1d(6, 6, 4, groups=6, padding=3).double()
    x = torch.randn(2, 10, 6, dtype=torch.float64)
    expected = torch.nn.functional.silu(conv(x.transpose(1, 2))[..., :10]).transpose(1, 2)
    torch.testing.assert_close(causal_conv_silu(x, conv.weight, conv.bias), expected)


@pytest.mark.parametrize("channels", [32, 37])
def test_rows_that_lie_apart_give_the_bits_of_contiguous_ones(channels):
    generator = torch.Generator().manual_seed(0)
    whole = torch.randn(3, 11, 2 * channels, generator=generator)
    weight, bias = torch.randn(channels, 1, 4, generator=generator), torch.randn(channels, generator=generator)
    for half in whole.chunk(2, dim=-1):
        found = [t.requires_grad_() for t in (half.detach(), weight.clone(), bias.clone())]
        wanted = [t.requires_grad_() for t in (half.contiguous().detach(), weight.clone(), bias.clone())]
        y, expected = causal_conv_silu(*found), causal_conv_silu(*wanted)
        assert torch.equal(y, expected)
        y.sin().sum().backward()
        expected.sin().sum().backward()
        assert all(torch.equal(one.grad, other.grad) for one, other in zip(found, wanted, strict=True))
