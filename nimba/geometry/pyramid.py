"""Nested samples of a cloud, each a prefix of one order, and who is near whom in them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nimba.geometry.neighbours import k_nearest


class Nearby(NamedTuple):
    """Which points of a cloud the stages have, and their neighbours: indices alone, whatever moves the points.

    Stage s has the first M_s points of the first stage: farthest point sampling chooses the same points first however
    many it is asked for, so one run of it serves all stages.
    """

    chosen: Tensor  # (B, M) int64, points of the cloud: those of the first stage, as they were chosen
    nearest: Tensor  # (B, M, K) int64, points of the cloud: the nearest to each of them
    tables: tuple[Tensor, ...]  # of each stage (B, M_s, K) int64, points of the stage: the nearest to each of them


class Pyramid(NamedTuple):
    """What an encoder in dense stages reads of a cloud."""

    points: Tensor  # (B, M, 3) of the first stage
    around: Tensor  # (B, M, K, 3): the nearest points of the whole cloud, relative to each of them
    height: Tensor  # (B, M) above the lowest point that is near any of them
    tables: tuple[Tensor, ...]  # as Nearby's

    def size(self, stage: int) -> int:
        """How many points a stage has."""
        return self.tables[stage].shape[1]

    def neighbourhoods(self, stage: int) -> Tensor:
        """What a stage sees of its points' neighbours: (B, M_s, K, 3), and in the first the height, (B, M, K, 4)."""
        if stage == 0:
            height = self.height[..., None, None].expand(*self.around.shape[:3], 1)
            return torch.cat([self.around, height], 3)
        table = self.tables[stage]  # (B, M_s, K)
        points = self.points[:, : table.shape[1]]  # (B, M_s, 3)
        return take_rows(points, table.flatten(1)).view(*table.shape, 3) - points[:, :, None]


@torch.no_grad()
def find_nearby(points: Tensor, chosen: Tensor, sizes: Sequence[int], count: int) -> Nearby:
    """The stages' neighbours; not differentiable.

    Args:
        points: (B, N, 3), the whole cloud.
        chosen: (B, M) int64, farthest first.
        sizes: points of each stage, falling from M on.
        count: K, neighbours of a point.
    """
    first = take_rows(points, chosen)  # (B, M, 3)
    stages = [first[:, :size] for size in sizes]
    tables = tuple(k_nearest(stage, stage, count) for stage in stages)
    return Nearby(chosen, k_nearest(points, first, count), tables)


@torch.no_grad()
def pyramid_of(points: Tensor, nearby: Nearby) -> Pyramid:
    """The pyramid of a cloud (B, N, 3) whose neighbours are known; not differentiable."""
    first = take_rows(points, nearby.chosen)  # (B, M, 3)
    near = take_rows(points, nearby.nearest.flatten(1))  # (B, M K, 3)
    height = first[..., 1] - near[..., 1].amin(1, keepdim=True)  # (B, M)
    around = near.view(*nearby.nearest.shape, 3) - first[:, :, None]  # (B, M, K, 3)
    return Pyramid(first, around, height, nearby.tables)


def take_rows(x: Tensor, rows: Tensor) -> Tensor:
    """(B, N, C), (B, M) int64 -> (B, M, C)."""
    return x.gather(1, rows[..., None].expand(-1, -1, x.shape[2]))
