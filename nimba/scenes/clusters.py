"""Pieces of a cloud that hang together."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

_NEIGHBOURS = 6  # what a point's own spacing is measured to
_OWN = 1.7  # own spacings that a point reaches
_LEAST, _MOST = 0.5, 3.0  # and the limits of that, in shares of the reach


def pieces(points: np.ndarray, reach: float) -> np.ndarray:
    """The piece that each point is of, the largest first: (N,) int; -1 for points with nothing near.

    DBSCAN with a reach that follows the density: two points hang together where they are nearer than some of the
    distances at which both have their own six neighbours. Density falls with the distance from a scanner, and a single
    reach, as that of Open3D's ``cluster_dbscan``, either falls apart far from it or joins what stands apart near it.

    Args:
        points: (N, 3), or (N, 2) of a floor plan.
        reach: that of a point of usual density; no point reaches less than half or more than three times it.
    """
    if len(points) <= _NEIGHBOURS:
        return np.full(len(points), -1)
    tree = cKDTree(points)
    own = tree.query(points, k=_NEIGHBOURS + 1)[0][:, -1]  # (N,)
    inner = np.flatnonzero(own <= _MOST * reach)
    label = np.full(len(points), -1)
    if not len(inner):
        return label
    reaches = np.clip(_OWN * own[inner], _LEAST * reach, _MOST * reach)
    pairs = cKDTree(points[inner]).query_pairs(reaches.max(), output_type="ndarray")  # (E, 2)
    a, b = pairs[:, 0], pairs[:, 1]
    apart = np.linalg.norm(points[inner[a]] - points[inner[b]], axis=1)
    near = apart <= np.minimum(reaches[a], reaches[b])
    label[inner] = components(len(inner), a[near], b[near])
    return ranked(label)


def components(count: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The connected component of each of ``count`` nodes, joined by edges a[i] - b[i]: (count,) int."""
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def ranked(label: np.ndarray) -> np.ndarray:
    """Labels (N,) numbered anew, the most frequent 0; those below 0 stay -1."""
    names, inverse, counts = np.unique(label, return_inverse=True, return_counts=True)
    order = np.argsort(-np.where(names < 0, 0, counts), kind="stable")
    rank = np.empty(len(names), int)
    rank[order] = np.arange(len(names))
    rank[names < 0] = -1
    return rank[inverse]
