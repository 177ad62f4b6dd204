"""The gate of a mixer: in torch for any device, and compiled for a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor

from nimba.mixers import operators  # noqa: F401 - declares torch.ops.nimba.silu_gate
from nimba.runtime.compiled import compiled_kernels_take


def silu_gate(y: Tensor, z: Tensor) -> Tensor:
    """y SiLU(z): 2 x (B, L, D) -> (B, L, D).

    Compiled, it reads both once where they lie, and keeps nothing else for the backward pass.
    """
    if compiled_kernels_take(y, z):
        return torch.ops.nimba.silu_gate(y, z)
    return y * F.silu(z)
