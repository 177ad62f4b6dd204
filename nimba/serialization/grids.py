"""Orders along the cells of a grid: the snake of Point Cloud Mamba, and the octree."""

import torch
from torch import Tensor

from nimba.geometry.codes import curve_codes
from nimba.geometry.grid import quantize
from nimba.geometry.ties import AXES, order_by_codes
from nimba.serialization.registry import register
from nimba.serialization.settings import MAX_BITS, OrderSettings

TRAVERSE_BITS = 7  # 128 cells a side: the power of two nearest to Point Cloud Mamba's cells of .02 in [-1, 1]
LEAF = 8  # points that an octree's leaf may hold


def _register_traverse(axes: str) -> None:
    def traverse(points: Tensor, settings: OrderSettings) -> Tensor:
        bits = settings.bits or TRAVERSE_BITS
        cells = quantize(points, bits)  # (B, N, 3)
        codes = snake(torch.stack([cells[..., AXES.index(axis)] for axis in axes], -1), bits)
        return order_by_codes(points, codes, 3 * bits)

    traverse.__doc__ = f"To and fro through a grid, {axes[0]} slowest and {axes[2]} fastest (Point Cloud Mamba)."
    register(f"traverse_{axes}", "bits")(traverse)


def snake(cells: Tensor, bits: int) -> Tensor:
    """Place of cells on the path that fills a cube by unit steps, turning at the end of each row and of each layer.

    Point Cloud Mamba's consistent traverse serialization (arXiv 2403.00762).

    Args:
        cells: (..., 3) int64 in [0, 2^bits), the slowest axis first.
        bits: depth of the grid.

    Returns:
        (...) int64 below 8^bits.
    """
    top = 2**bits - 1
    layer, row, place = cells.unbind(-1)
    row = torch.where(layer % 2 == 0, row, top - row)
    # A layer has an even number of rows, so the row's own parity says in which direction the path runs through it.
    place = torch.where(row % 2 == 0, place, top - place)
    return (layer << 2 * bits) | (row << bits) | place


@register("octree", "bits")
def octree_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Leaf by leaf through an octree, cells split while they hold more than eight points.

    The tree is at most ``bits`` deep. Children come in Z-order, points of a leaf by their coordinates.
    """
    bits = settings.bits or MAX_BITS
    codes = curve_codes(points, bits, "morton")  # (B, N)
    ordered, permutation = codes.sort(1)
    first_codes = ordered.clone()  # of each point's leaf: at the full depth, its own cell
    split = torch.ones_like(ordered, dtype=torch.bool)  # the node above was split
    for depth in range(bits + 1):
        shift = 3 * (bits - depth)
        node = ordered >> shift << shift
        leaf = split & (_run_lengths(node) <= LEAF)
        first_codes = torch.where(leaf, node, first_codes)
        split = split & ~leaf
    leaves = torch.empty_like(codes).scatter(1, permutation, first_codes)  # (B, N)
    return order_by_codes(points, leaves, 3 * bits)


def _run_lengths(values: Tensor) -> Tensor:
    """How often each value of a sorted row occurs: (B, N) -> (B, N)."""
    first = torch.searchsorted(values, values, right=False)
    return torch.searchsorted(values, values, right=True) - first


for _axes in ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx"):
    _register_traverse(_axes)
