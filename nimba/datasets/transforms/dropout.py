"""Input dropout: fewer distinct points in a cloud of the same size."""

import torch
from torch import Generator, Tensor

from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class PointDropout(CloudTransform):
    """Drops a random share of the points, drawn from U[0, highest]; the first point takes their places.

    PointNet++ (Qi et al., NeurIPS 2017, section 3.3): share up to 0.875. The number of points stays.

    Args:
        highest: largest share that is dropped, in [0, 1).

    Raises:
        InputError: a share outside [0, 1).
    """

    exchanges_points = True

    def __init__(self, highest: float = 0.875):
        if not 0 <= highest < 1:
            raise InputError(f"PointDropout of up to {highest}: give a share in [0, 1)")
        self.highest = highest

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) with the dropped points replaced by the first."""
        share = torch.rand(len(points), 1, generator=generator, device=points.device) * self.highest  # (B, 1)
        dropped = torch.rand(points.shape[:2], generator=generator, device=points.device) < share  # (B, N)
        return torch.where(dropped[..., None], points[:, :1], points)  # (B, N, 3)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(highest={self.highest})"
