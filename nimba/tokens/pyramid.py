"""Nested samples of a cloud, each a prefix of one order, and who is near whom in them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nimba.geometry.neighbours import k_nearest


class Pyramid(NamedTuple):
    """What an encoder in dense stages reads of a cloud.

    Stage s has the first ``len(neighbours[s][0])`` of the points: farthest point sampling chooses the same points first
    however many it is asked for, so one run of it serves all stages.
    """

    points: Tensor  # (B, M, 3) of the first stage, in the order in which they were chosen
    around: Tensor  # (B, M, K, 3): the nearest points of the whole cloud, relative to each of them
    height: Tensor  # (B, M) above the cloud's lowest point
    neighbours: tuple[Tensor, ...]  # of each stage (B, M_s, K) int64: the nearest points of the stage, itself first

    def rows(self, number: int) -> Tensor:
        """What stage ``number`` sees of each point's neighbours: (B, M_s, K, 3), with the height (..., 4) in the first."""
        if number == 0:
            height = self.height[..., None, None].expand(*self.around.shape[:3], 1)
            return torch.cat([self.around, height], 3)
        table = self.neighbours[number]  # (B, M_s, K)
        stage = self.points[:, : table.shape[1]]  # (B, M_s, 3)
        return take_rows(stage, table.flatten(1)).view(*table.shape, 3) - stage[:, :, None]


@torch.no_grad()
def pyramid_of(points: Tensor, chosen: Tensor, sizes: Sequence[int], count: int) -> Pyramid:
    """The pyramid of a cloud; not differentiable.

    Args:
        points: (B, N, 3), the whole cloud.
        chosen: (B, M) int64, farthest first, M >= 1.
        sizes: points of each stage, falling; no stage has more than M.
        count: K, neighbours of a point.
    """
    sizes = [min(size, chosen.shape[1]) for size in sizes]
    first = take_rows(points, chosen[:, : sizes[0]])  # (B, M, 3)
    stages = [first[:, :size] for size in sizes]
    tables = tuple(k_nearest(stage, stage, count) for stage in stages)
    return look_up(points, chosen[:, : sizes[0]], k_nearest(points, first, count), tables)


@torch.no_grad()
def look_up(points: Tensor, chosen: Tensor, nearest: Tensor, tables: tuple[Tensor, ...]) -> Pyramid:
    """The pyramid of a cloud whose neighbours are known.

    Args:
        points: (B, N, 3), the whole cloud.
        chosen: (B, M) int64, farthest first.
        nearest: (B, M, K) int64, the points of the cloud nearest to them.
        tables: as ``Pyramid.neighbours``.
    """
    first = take_rows(points, chosen)  # (B, M, 3)
    near = take_rows(points, nearest.flatten(1)).view(*nearest.shape, 3)  # (B, M, K, 3)
    lowest = take_rows(points[..., 1:2], nearest.flatten(1)).amin(1)  # (B, 1): of the points that anyone sees
    return Pyramid(first, near - first[:, :, None], first[..., 1] - lowest, tables)


def take_rows(x: Tensor, rows: Tensor) -> Tensor:
    """(B, N, C), (B, M) int64 -> (B, M, C)."""
    return x.gather(1, rows[..., None].expand(-1, -1, x.shape[2]))
