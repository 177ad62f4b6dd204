"""Orders along space-filling curves: Morton (Z-order) and Hilbert."""

import torch
from torch import Tensor

from nimba.geometry.codes import AS_THEY_ARE, TRANSPOSED, curve_codes, hilbert
from nimba.geometry.ties import order_by_codes
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings

DEFAULT_BITS = 10  # cells of 1/512 in [-1, 1]: far finer than centres lie
POINTMAMBA_CELL, POINTMAMBA_BITS = 0.02, 7  # at most 101 cells a side for a cloud in the unit sphere


@register("morton", "bits")
def morton_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Along the Z-order curve (Morton 1966)."""
    return _curve_order(points, settings, "morton", AS_THEY_ARE)


@register("morton_transposed", "bits")
def morton_transposed_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Along the Z-order curve with x and y exchanged (Point Transformer V3, arXiv 2312.10035)."""
    return _curve_order(points, settings, "morton", TRANSPOSED)


@register("hilbert", "bits")
def hilbert_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Along the Hilbert curve (Skilling 2004)."""
    return _curve_order(points, settings, "hilbert", AS_THEY_ARE)


@register("hilbert_transposed", "bits")
def hilbert_transposed_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Along the Hilbert curve with x and y exchanged (Point Transformer V3, arXiv 2312.10035)."""
    return _curve_order(points, settings, "hilbert", TRANSPOSED)


@register("hilbert_both", "bits", copies=2)
def hilbert_both_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Along the Hilbert curve, then with x and y exchanged: each point twice (PointMamba, arXiv 2402.10739).

    Without ``bits`` the grid is PointMamba's: cells of 0.02 whatever the cloud's size, counted from its lowest, and
    seven bits. Its own depth is the batch's largest, which is seven for clouds in the unit sphere unless all are small.
    """
    if settings.bits:
        orders = [hilbert_order(points, settings), hilbert_transposed_order(points, settings)]
    else:
        cells = _pointmamba_cells(points)
        codes = [hilbert(cells[..., list(axes)], POINTMAMBA_BITS) for axes in (AS_THEY_ARE, TRANSPOSED)]
        orders = [order_by_codes(points, code, 3 * POINTMAMBA_BITS) for code in codes]
    return torch.cat(orders, 1)  # (B, 2 N)


def _pointmamba_cells(points: Tensor) -> Tensor:
    """(B, N, 3) -> (B, N, 3) int64 in [0, 128); what lies farther off than that falls into the last cell."""
    cells = (points / POINTMAMBA_CELL).floor()
    cells = (cells - cells.amin(1, keepdim=True)).nan_to_num(nan=0.0)  # infinity less itself is none
    return cells.clamp(0, 2**POINTMAMBA_BITS - 1).long()


def _curve_order(points: Tensor, settings: OrderSettings, curve: str, axes: tuple[int, int, int]) -> Tensor:
    bits = settings.bits or DEFAULT_BITS
    return order_by_codes(points, curve_codes(points, bits, curve, axes), 3 * bits)
