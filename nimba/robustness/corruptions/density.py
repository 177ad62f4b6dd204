"""Density: more, fewer or no points in places (Sun et al. 2022, section 3)."""

import numpy as np
from scipy.spatial.distance import cdist

CLUSTERS = (1, 2, 3, 4, 5)
CLUSTER_POINTS = 100
REMOVED_SHARE = 0.75  # of a cluster
HOLES = (2, 3, 5, 7, 10)
HOLE_POINTS = 30
_NEIGHBOURS = 3  # of a cluster's points, one of which a new point lies towards


def density(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Thins clusters: takes three quarters of a random point's nearest ones away, cluster by cluster.

    Shapes:
        (N, 3) -> (N - 75 c, 3) for c clusters of 100; smaller clouds keep a point.
    """
    for _ in range(CLUSTERS[severity - 1]):
        cluster = _nearest(points, CLUSTER_POINTS, rng)
        removed = rng.choice(cluster, int(REMOVED_SHARE * len(cluster)), replace=False)
        points = np.delete(points, removed, axis=0)
    return points


def density_inc(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Thickens clusters, and thins the rest so that the number of points stays.

    The published one starts from 2,048 points, keeps clusters of 100 whole and draws the rest down to 1,024 in all.
    Here are half as many to start from: clusters of 50, of the same area, are doubled by points on the way to one of
    the three nearest neighbours, which gives the same densities.

    Shapes:
        (N, 3) -> (N, 3); clouds too small to be thinned so far grow instead.
    """
    clusters = []
    for _ in range(CLUSTERS[severity - 1]):
        cluster = _nearest(points, CLUSTER_POINTS // 2, rng)
        clusters += [points[cluster], _between(points[cluster], rng)]
        points = np.delete(points, cluster, axis=0)
        if not len(points):
            break
    added = sum(map(len, clusters)) // 2
    rest = rng.choice(len(points), max(0, len(points) - added), replace=False)
    return np.concatenate([*clusters, points[rest]])


def cutout(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Takes a random point's 30 nearest ones away, itself among them, hole by hole.

    Shapes:
        (N, 3) -> (N - 30 c, 3) for c holes; smaller clouds keep a point.
    """
    for _ in range(HOLES[severity - 1]):
        hole = _nearest(points, min(HOLE_POINTS, len(points) - 1), rng)
        points = np.delete(points, hole, axis=0)
    return points


def _nearest(points: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Indices (at most ``count``,) of the points nearest to a random one, itself among them."""
    distances = np.square(points - points[rng.integers(len(points))]).sum(1)  # (N,)
    return np.argpartition(distances, count - 1)[:count] if 0 < count < len(points) else np.arange(len(points))[:count]


def _between(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each of (K, 3) points one on the straight way to one of its nearest others."""
    reach = min(_NEIGHBOURS, len(points) - 1)
    if reach == 0:
        return points.copy()
    distances = cdist(points, points)  # (K, K)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argpartition(distances, reach - 1, axis=1)[:, :reach]  # (K, reach)
    others = points[nearest[np.arange(len(points)), rng.integers(reach, size=len(points))]]  # (K, 3)
    return points + rng.uniform(size=(len(points), 1)) * (others - points)  # (K, 3)
