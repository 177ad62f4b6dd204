"""Step sizes of the scan: softplus, in torch for any device, and compiled for a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor

from nimba.mixers import operators  # noqa: F401 - declares torch.ops.nimba.step_size
from nimba.runtime.compiled import compiled_kernels_take


def step_size(x: Tensor, bias: Tensor) -> Tensor:
    """softplus(x + bias), which is positive: (B, L, D), (D,) -> (B, L, D).

    torch's own takes log1p one number after the other, on a CPU half as long as the whole scan.
    """
    if compiled_kernels_take(x, bias):
        return torch.ops.nimba.step_size(x.contiguous(), bias)
    return F.softplus(x + bias)
