"""Orders of distinct points: for algorithms that equal points would confuse."""

from collections.abc import Callable

import torch
from torch import Tensor

from nimba.geometry.ties import lexicographic_order


def order_distinct(points: Tensor, order_one: Callable[[Tensor], Tensor]) -> Tensor:
    """Order each cloud by its distinct points; equal points then follow each other.

    Args:
        points: (B, N, 3).
        order_one: from (U, 3) distinct points, lexicographically sorted, to their (U,) int64 order, a permutation.
            Since it sees them sorted, nothing that it does can depend on the order of the input.

    Returns:
        (B, N) int64.
    """
    orders = []
    for cloud in points:
        distinct, which = distinct_points(cloud)  # (U, 3), (N,)
        path = order_one(distinct)  # (U,)
        place = torch.empty_like(path).scatter_(0, path, torch.arange(len(path), device=path.device))
        orders.append(place[which].argsort(stable=True))
    return torch.stack(orders)  # (B, N)


def distinct_points(points: Tensor) -> tuple[Tensor, Tensor]:
    """One of each point of one cloud.

    Args:
        points: (N, 3).

    Returns:
        (U, 3) distinct points in lexicographic order, and (N,) int64 which of them each point equals.
    """
    order = lexicographic_order(points[None])[0]
    ordered = points[order] + 0.0  # (N, 3); -0.0 becomes 0.0
    fresh = torch.ones(len(ordered), dtype=torch.bool, device=points.device)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(1)
    return ordered[fresh], torch.empty_like(order).scatter_(0, order, fresh.cumsum(0) - 1)
