"""Scale by a factor an axis."""

from torch import Generator, Tensor

from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class RandomScale(CloudTransform):
    """Scales a cloud by three factors, one an axis, each drawn from U[low, high].

    The first half of "scale and translate" (Klokov and Lempitsky, Escape from Cells, ICCV 2017, section 4).
    torch-geometric's ``RandomScale`` draws one factor for all axes.

    Args:
        low: smallest factor, above 0.
        high: largest factor.

    Raises:
        InputError: unless 0 < low <= high.
    """

    def __init__(self, low: float = 2 / 3, high: float = 3 / 2):
        if not 0 < low <= high:
            raise InputError(f"RandomScale from {low} to {high}: give 0 < low <= high")
        self.low = low
        self.high = high

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) times three factors each."""
        return points * points.new_empty(len(points), 1, 3).uniform_(self.low, self.high, generator=generator)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(low={self.low}, high={self.high})"
