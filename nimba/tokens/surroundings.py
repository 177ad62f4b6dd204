"""The support of a cloud: points spread over all of it, and the neighbourhood of each."""

from typing import NamedTuple

import torch
from torch import Tensor

from nimba.geometry.neighbours import k_nearest
from nimba.tokens.neighbour_max import take_points


class Surroundings(NamedTuple):
    """What an encoder of local features reads of a cloud."""

    support: Tensor  # (B, M, 3)
    neighbourhoods: Tensor  # (B, M, K, 3): the nearest points of the cloud, relative to each of the support's
    neighbours: Tensor  # (B, M, K) int64: the nearest points of the support


@torch.no_grad()
def surroundings_of(points: Tensor, support: Tensor, count: int) -> Surroundings:
    """Neighbourhoods of ``count`` points; not differentiable.

    Args:
        points: (B, N, 3), the whole cloud.
        support: (B, M, 3), some of its points.
        count: K, in the cloud and in the support.
    """
    nearest = k_nearest(points, support, count)  # (B, M, K)
    neighbourhoods = take_points(points, nearest) - support[:, :, None]  # (B, M, K, 3)
    return Surroundings(support, neighbourhoods, k_nearest(support, support, count))
