"""What a scan's operators and kernels agree on."""

import torch
from torch import Tensor

# Steps between two states that the forward scan keeps for the backward one: compiled for a CPU, and in Triton.
SEGMENT, TRITON_SEGMENT = 16, 8


def state_type(u: Tensor) -> torch.dtype:
    """What the scan of u is computed in."""
    return torch.float64 if u.dtype == torch.float64 else torch.float32
