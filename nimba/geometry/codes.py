"""Morton (Z-order) and Hilbert codes of points, on whole int64 words.

The depth of the grid is fixed and each cloud is scaled by its own bounding box, so that a code never depends
on the clouds that share the batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from nimba.geometry.grid import quantize
from nimba.geometry.ties import compiled

AS_THEY_ARE, TRANSPOSED = (0, 1, 2), (1, 0, 2)  # x and y change places, as in Point Transformer V3's "-trans" orders


def curve_codes(points: Tensor, bits: int, curve: str, axes: tuple[int, int, int] = AS_THEY_ARE) -> Tensor:
    """Codes of points along a curve through the grid of their cloud.

    Args:
        points: (B, N, 3), finite.
        bits: depth of the grid, 1 to 21.
        curve: "morton" or "hilbert".
        axes: the order in which the axes enter the code.

    Returns:
        (B, N) int64 below 8^bits.
    """
    if compiled(points):
        from nimba.geometry.codes_cpu import codes_cpu  # numba is imported on first use

        return torch.from_numpy(codes_cpu(points.detach().contiguous().numpy(), bits, curve == "hilbert", axes))
    cells = quantize(points, bits)  # (B, N, 3)
    return CURVES[curve](torch.stack([cells[..., axis] for axis in axes], -1), bits)


def interleave(cells: Tensor, bits: int) -> Tensor:
    """Interleave three coordinates bit by bit, x highest: (..., 3) int64 -> (...) int64."""
    spread = cells & ((1 << bits) - 1)
    # Part the bits of each word so that two zeros follow each: halves first, then quarters, down to single bits.
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        spread = (spread | (spread << shift)) & mask
    return (spread[..., 0] << 2) | (spread[..., 1] << 1) | spread[..., 2]


def morton(cells: Tensor, bits: int) -> Tensor:
    """Morton code (Z-order; Morton 1966) of integer cells: (..., 3) int64 -> (...) int64."""
    return interleave(cells, bits)


def hilbert(cells: Tensor, bits: int) -> Tensor:
    """Hilbert code of integer cells: (..., 3) int64 -> (...) int64.

    Skilling, "Programming the Hilbert curve" (AIP 2004), AxesToTranspose, on whole words.
    """
    axes = list(cells.unbind(-1))
    bit = 1 << (bits - 1)
    while bit > 1:  # undo the excess work of the curve's rotations, highest level first
        low = bit - 1
        for i in range(3):
            turned = (axes[i] & bit) != 0
            swap = (axes[0] ^ axes[i]) & low
            flipped = axes[0] ^ low
            axes[i] = torch.where(turned, axes[i], axes[i] ^ swap)
            axes[0] = torch.where(turned, flipped, axes[0] ^ swap)
        bit >>= 1
    axes[1] = axes[1] ^ axes[0]  # Gray encode
    axes[2] = axes[2] ^ axes[1]
    parity = torch.zeros_like(axes[2])
    bit = 1 << (bits - 1)
    while bit > 1:
        parity = torch.where((axes[2] & bit) != 0, parity ^ (bit - 1), parity)
        bit >>= 1
    return interleave(torch.stack([axis ^ parity for axis in axes], -1), bits)


CURVES: dict[str, Callable[[Tensor, int], Tensor]] = {"morton": morton, "hilbert": hilbert}
