"""Locality: whether what is near in space is near on the path."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import KDTree

WINDOWS = (4, 8, 16, 32, 64)


def neighbours_of(points: np.ndarray, k: int) -> np.ndarray:
    """The k nearest other points of each: (N, 3) -> (N, min(k, N - 1)) int64.

    Exact. Among neighbours at the same distance the choice depends on the order of the points, and on nothing else.
    """
    count = len(points)
    k = min(k, count - 1)
    found = KDTree(points).query(points, k=k + 1)[1].reshape(count, k + 1)  # (N, k + 1)
    # A point comes first among its own neighbours, unless others lie in the same place.
    own = found == np.arange(count)[:, None]
    own[~own.any(1), -1] = True
    return found[~own].reshape(count, k)  # (N, k)


def locality(neighbours: np.ndarray, places: np.ndarray, windows: Sequence[int] = WINDOWS) -> np.ndarray:
    """Share of all points' nearest neighbours that lie within w places of them on the path.

    Args:
        neighbours: (B, N, k), for each cloud as ``neighbours_of`` finds them.
        places: (B, N, copies), where each point stands on the path; of copies the nearest two count.
        windows: the w.

    Returns:
        (B, W) float64, each in [0, 1]; 1 for clouds of one point.
    """
    batch, _, k = neighbours.shape
    if k == 0:
        return np.ones((batch, len(windows)))
    theirs = places[np.arange(batch)[:, None, None], neighbours]  # (B, N, k, copies)
    apart = np.abs(places[:, :, None, :, None] - theirs[:, :, :, None, :])  # (B, N, k, copies, copies)
    nearest = apart.min((3, 4))  # (B, N, k)
    return np.stack([(nearest <= window).mean((1, 2)) for window in windows], 1)  # (B, W)
