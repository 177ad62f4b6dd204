"""A batch of clouds some of whose rows are gone, and choices among them."""

from typing import NamedTuple

import torch
from torch import Tensor


class Clouds(NamedTuple):
    """A batch of clouds, some of whose rows are no longer there, and what they are."""

    points: Tensor  # (B, N, 3)
    there: Tensor  # (B, N) bool
    labels: Tensor  # (B,) int64
    others: Tensor  # (B,) int64, the class that a part of each is from
    share: Tensor  # (B,) in [0, 1], of that part


def choose(count: int, chance: float, device: torch.device) -> Tensor:
    """(B,) bool."""
    return torch.rand(count, device=device) < chance


def place_where(chosen: Tensor, points: Tensor, clouds: Clouds) -> Clouds:
    """The clouds with other points where they are chosen."""
    return clouds._replace(points=torch.where(chosen[:, None, None], points, clouds.points))
