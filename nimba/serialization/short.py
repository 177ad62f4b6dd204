"""A short-path order: the open travelling-salesman path, approximately."""

import torch
from torch import Tensor

from nimba.serialization.distinct import order_distinct
from nimba.serialization.greedy import greedy_order
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings
from nimba.serialization.walk import sorted_from

NEIGHBOURS = 10  # candidates for a new neighbour on the path


@register("short", "axis")
def short_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """A short path through all points: greedy, improved by 2-opt and Or-opt until neither shortens it.

    Both ends are free; the path begins at the end that comes first along ``axis``. Meant for up to some 100,000 points;
    always computed on the CPU.
    """
    from nimba.serialization.short_cpu import shorten  # scipy and numba are imported on first use

    greedy = OrderSettings(axis=settings.axis)

    def order_one(distinct: Tensor) -> Tensor:
        path = shorten(distinct.numpy(), greedy_order(distinct[None], greedy)[0].numpy(), NEIGHBOURS)
        return forward(distinct, torch.from_numpy(path), settings.axis)

    return order_distinct(points.cpu().double(), order_one).to(points.device)  # (B, N)


def forward(points: Tensor, path: Tensor, axis: str) -> Tensor:
    """The path, or its reverse, whichever begins at the end that comes first along ``axis``: (N, 3), (N,) -> (N,)."""
    if len(path) < 2:
        return path
    ends = points[path[[0, -1]]]  # (2, 3)
    return path if sorted_from(ends[None], axis, "low")[0, 0] == 0 else path.flip(0)
