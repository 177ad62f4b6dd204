"""The grid over a cloud's bounding box, whose cells codes are made of."""

import torch
from torch import Tensor

SMALLEST = 1e-300  # side of a grid: of a single point, everything falls into cell 0


def quantize(points: Tensor, bits: int) -> Tensor:
    """Cells of a 2^bits cube grid over each cloud's bounding box (its longest side spans the grid).

    Args:
        points: (B, N, 3), finite.
        bits: depth of the grid, 1 to 21.

    Returns:
        (B, N, 3) int64 in [0, 2^bits).
    """
    if points.shape[1] == 0:
        return torch.zeros_like(points, dtype=torch.int64)
    low = points.amin(1, keepdim=True).double()  # (B, 1, 3)
    side = (points.amax(1, keepdim=True).double() - low).amax(2, keepdim=True)  # (B, 1, 1)
    cells = ((points.double() - low) * (2.0**bits / side.clamp(min=SMALLEST))).long()  # (B, N, 3)
    return cells.clamp(0, 2**bits - 1)
