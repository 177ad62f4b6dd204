"""Greedy order: always on to the nearest point that is left."""

import torch
from torch import Tensor

from nimba.geometry.ties import compiled
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings
from nimba.serialization.through_cpu import better_through_cpu
from nimba.serialization.walk import sorted_from


@register("greedy", "axis", "start")
def greedy_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Always on to the nearest point left, from the first along an axis; among equals to the first along it."""
    permutation = sorted_from(points, settings.axis, settings.start)  # (B, N)
    ordered = points.gather(1, permutation[..., None].expand(-1, -1, 3))  # (B, N, 3)
    return permutation.gather(1, greedy(ordered))


def greedy(points: Tensor) -> Tensor:
    """Walk clouds that are already sorted along the axis: (B, N, 3) -> (B, N) int64, positions in ``points``."""
    if compiled(points):
        from nimba.serialization.walk_cpu import GREEDY, walk_cpu  # numba is imported on first use

        return torch.from_numpy(walk_cpu(points.detach().contiguous().numpy(), torch.inf, GREEDY))
    if better_through_cpu(points.device.type, points.shape[1]):
        return greedy(points.detach().cpu()).to(points.device)
    return greedy_batched(points)


def greedy_batched(points: Tensor) -> Tensor:
    """The readable reference, and the version for other devices: (B, N, 3) sorted -> (B, N), N dependent steps."""
    batch, count, _ = points.shape
    rows = torch.arange(batch, device=points.device)
    left = torch.ones(batch, count, dtype=torch.bool, device=points.device)
    path = torch.zeros(batch, count, dtype=torch.int64, device=points.device)
    for place in range(1, count):
        current = path[:, place - 1]
        left[rows, current] = False
        dx, dy, dz = (points - points[rows, current][:, None]).unbind(-1)  # 3 x (B, N)
        distance = torch.where(left, dx * dx + dy * dy + dz * dz, torch.inf)  # (B, N)
        # argmin takes the first of equals. Where distances overflow to infinity, the first point left is taken.
        path[:, place] = torch.where(distance.amin(1) < torch.inf, distance.argmin(1), left.int().argmax(1))
    return path
