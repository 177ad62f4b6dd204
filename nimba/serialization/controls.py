"""Controls: orders that an ordering has to beat."""

from functools import lru_cache

import torch
from torch import Tensor

from nimba.geometry import farthest_point_sampling
from nimba.geometry.ties import AXES, lexicographic_order
from nimba.serialization.distinct import order_distinct
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings
from nimba.serialization.walk import sorted_from


@register("axis", "axis", "start")
def axis_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Sorted along one axis."""
    return sorted_from(points, settings.axis, settings.start)


@register("three_axes", copies=3)
def three_axes_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Sorted along x, then along y, then along z: each point three times (PointMamba, arXiv 2402.10739)."""
    return torch.cat([lexicographic_order(points, axis) for axis in AXES], 1)  # (B, 3 N)


@register("random", "seed")
def random_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """One seeded shuffle of the sorted cloud."""
    return lexicographic_order(points)[:, _shuffle(points.shape[1], settings.seed, points.device)]  # (B, N)


@lru_cache(maxsize=64)  # a CUDA graph cannot wait for the host's numbers, but finds those of the call before
def _shuffle(count: int, seed: int, device: torch.device) -> Tensor:
    """(N,) int64, the same on every device."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed)).to(device)


@register("fps")
def fps_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Each point the farthest from all before it: spread out, the opposite of a path; N^2 distances."""
    return order_distinct(points, _farthest_first)


def _farthest_first(distinct: Tensor) -> Tensor:
    """FPS of all points of one cloud: (U, 3) distinct, sorted -> (U,).

    Where all that are left are so close to a chosen one that squared distances underflow to 0, FPS repeats the lowest
    point: they come last, as they are sorted.
    """
    count = len(distinct)
    chosen = farthest_point_sampling(distinct[None], count)[0]  # (U,)
    places = torch.arange(count, device=distinct.device)
    first_place = places.new_full((count,), count).scatter_reduce_(0, chosen, places, "amin")  # (U,)
    return first_place.argsort(stable=True)
