"""Orders along space-filling curves: Morton (Z-order) and Hilbert."""

from torch import Tensor

from nimba.geometry.codes import AS_THEY_ARE, TRANSPOSED, curve_codes
from nimba.geometry.ties import order_by_codes
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings

DEFAULT_BITS = 10  # cells of 1/512 in [-1, 1]: far finer than centres lie


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


def _curve_order(points: Tensor, settings: OrderSettings, curve: str, axes: tuple[int, int, int]) -> Tensor:
    bits = settings.bits or DEFAULT_BITS
    return order_by_codes(points, curve_codes(points, bits, curve, axes), 3 * bits)
