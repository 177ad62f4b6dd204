"""Shift a cloud as a whole."""

from torch import Generator, Tensor

from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class RandomShift(CloudTransform):
    """Shifts a cloud by one vector whose three components are drawn from U[-extent, extent].

    The second half of "scale and translate" (Klokov and Lempitsky, Escape from Cells, ICCV 2017). torch-geometric's
    ``RandomJitter`` moves every point by a vector of its own.

    Args:
        extent: largest shift along an axis, in the cloud's units; 0 or more.

    Raises:
        InputError: a negative extent.
    """

    def __init__(self, extent: float = 0.2):
        if not extent >= 0:
            raise InputError(f"RandomShift by {extent}: give 0 or more")
        self.extent = extent

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) plus one vector each."""
        return points + points.new_empty(len(points), 1, 3).uniform_(-self.extent, self.extent, generator=generator)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(extent={self.extent})"
