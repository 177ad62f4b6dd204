"""Augmentations that work on a batch of clouds as on one, on any device."""

from abc import abstractmethod

from torch import Generator, Tensor
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform


class CloudTransform(BaseTransform):
    """A torch-geometric transform that moves the points of a cloud, or of each cloud of a batch by itself."""

    exchanges_points = False  # whether it puts points in the place of others: what is kept of them then no longer fits

    @abstractmethod
    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Change each cloud at random: (B, N, 3) -> (B, N, 3), on the same device.

        Args:
            points: of B clouds.
            generator: of that device; torch's own where None.
        """

    def forward(self, data: Data) -> Data:
        """``data.pos`` (N, 3), changed."""
        assert data.pos is not None
        data.pos = self.on_batch(data.pos[None])[0]  # (N, 3)
        return data
