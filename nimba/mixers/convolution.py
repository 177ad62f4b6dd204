"""Causal depthwise convolution and SiLU, channels last: in torch for any device, and compiled for a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor

from nimba.mixers import operators  # noqa: F401 - declares torch.ops.nimba.causal_conv_silu
from nimba.runtime.compiled import compiled_kernels_take


def causal_conv_silu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """SiLU(bias + sum over j of weight[:, j] x[:, t - (W - 1) + j]), with zeros before the beginning.

    Args:
        x: (B, L, D).
        weight: (D, 1, W), a depthwise Conv1d's.
        bias: (D,).

    Returns:
        (B, L, D) in the type of x, also under autocast; position t depends on positions <= t only.
    """
    taps = weight[:, 0]  # (D, W)
    if compiled_kernels_take(x, taps):
        return torch.ops.nimba.causal_conv_silu(x, taps, bias)
    width, length = taps.shape[1], x.shape[1]
    padded = F.pad(x, (0, 0, width - 1, 0))  # (B, L + W - 1, D)
    y = bias
    for lag in range(width):
        y = y + padded[:, lag : lag + length] * taps[:, lag]
    return F.silu(y).to(x.dtype)
