"""Pieces of a cloud that hang together."""

import numpy as np

from nimba.scenes.trees import tree_of

_NEIGHBOURS = 6  # what a point's own spacing is measured to
_LINKS = 24  # nearest others that a point can hang together with: what is denser hangs together through them
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
    apart, other = tree_of(points).query(points, k=min(_LINKS + 1, len(points)))  # (N, K), itself among them
    own = apart[:, _NEIGHBOURS]  # (N,)
    reaches = np.clip(_OWN * own, _LEAST * reach, _MOST * reach)
    lost = own > _MOST * reach
    near = (apart <= reaches[:, None]) & (apart <= reaches[other]) & ~lost[:, None] & ~lost[other]
    label = components(len(points), near.nonzero()[0], other[near])
    return ranked(np.where(lost, -1, label))


def components(count: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The connected component of each of ``count`` nodes, joined by edges a[i] - b[i]: (count,) int."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

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
