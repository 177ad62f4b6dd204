"""Shift a cloud as a whole."""

from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from nimba.errors import InputError


class RandomShift(BaseTransform):
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

    def forward(self, data: Data) -> Data:
        """``data.pos`` (N, 3) plus one vector."""
        assert data.pos is not None
        data.pos = data.pos + data.pos.new_empty(3).uniform_(-self.extent, self.extent)
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(extent={self.extent})"
