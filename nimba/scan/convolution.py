"""Causal depthwise convolution and SiLU, channels last: in torch for any device, and compiled for a CPU."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def causal_conv_silu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """SiLU(bias + sum over j of weight[:, j] x[:, t - (W - 1) + j]), with zeros before the beginning.

    Args:
        x: (B, L, D).
        weight: (D, 1, W), a depthwise Conv1d's.
        bias: (D,).

    Returns:
        (B, L, D); position t depends on positions <= t only.
    """
    taps = weight[:, 0]  # (D, W)
    if x.device.type == "cpu" and x.dtype == taps.dtype == torch.float32:
        return _CompiledConvolution.apply(x, taps, bias)
    width, length = taps.shape[1], x.shape[1]
    padded = F.pad(x, (0, 0, width - 1, 0))  # (B, L + W - 1, D)
    y = bias
    for lag in range(width):
        y = y + padded[:, lag : lag + length] * taps[:, lag]
    return F.silu(y)


class _CompiledConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
        from nimba.scan.convolution_cpu import conv_forward  # numba is imported on first use

        ctx.save_for_backward(x, taps, bias)
        return torch.from_numpy(conv_forward(*(t.detach().numpy() for t in (x, taps, bias))))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, ...]:
        from nimba.scan.convolution_cpu import conv_backward

        arrays = (t.detach().numpy() for t in (dy, *ctx.saved_tensors))
        return tuple(torch.from_numpy(gradient) for gradient in conv_backward(*arrays))
