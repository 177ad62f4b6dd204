"""Input dropout: fewer distinct points in a cloud of the same size."""

import torch
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from nimba.errors import InputError


class PointDropout(BaseTransform):
    """Drops a random share of the points, drawn from U[0, highest]; the first point takes their places.

    PointNet++ (Qi et al., NeurIPS 2017, section 3.3): share up to 0.875. The number of points stays.

    Args:
        highest: largest share that is dropped, in [0, 1).

    Raises:
        InputError: a share outside [0, 1).
    """

    def __init__(self, highest: float = 0.875):
        if not 0 <= highest < 1:
            raise InputError(f"PointDropout of up to {highest}: give a share in [0, 1)")
        self.highest = highest

    def forward(self, data: Data) -> Data:
        """``data.pos`` (N, 3) with the dropped points replaced by the first."""
        assert data.pos is not None
        share = torch.rand(()) * self.highest
        dropped = torch.rand(len(data.pos)) < share  # (N,)
        data.pos = torch.where(dropped[:, None], data.pos[:1], data.pos)  # (N, 3)
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(highest={self.highest})"
