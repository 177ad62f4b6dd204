"""A random share of a cloud's points, in a cloud of the same size."""

import torch
from torch import Generator, Tensor

from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class RandomSubset(CloudTransform):
    """Keeps a random choice of at least ``fewest`` points; points that were kept take the others' places.

    Each kept point is there once or a few times, as evenly as can be, where ``PointDropout`` heaps all copies on one.

    Args:
        fewest: points that are kept at least; how many more is drawn evenly, up to all.

    Raises:
        InputError: fewer than one.
    """

    exchanges_points = True

    def __init__(self, fewest: int = 768):
        if fewest < 1:
            raise InputError(f"RandomSubset of {fewest} points: give 1 or more")
        self.fewest = fewest

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) of fewer distinct points."""
        B, N, _ = points.shape
        fewest = min(self.fewest, N)
        count = torch.randint(fewest, N + 1, (B, 1), generator=generator, device=points.device)  # (B, 1)
        order = torch.rand(B, N, generator=generator, device=points.device).argsort(1)  # (B, N)
        kept = order.gather(1, torch.arange(N, device=points.device) % count)  # (B, N)
        return points.gather(1, kept[..., None].expand(-1, -1, 3))  # (B, N, 3)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(fewest={self.fewest})"
