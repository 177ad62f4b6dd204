"""The neighbourhood graph of a cloud, and the second eigenvector of its Laplacian."""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from scipy.spatial import KDTree

NEIGHBOURS = 8
DENSE = 256  # points up to which the matrix is taken as a whole
SHIFT = 1e-4  # of the mean degree: keeps the singular Laplacian invertible


def connected_parts(points: np.ndarray) -> Iterator[tuple[np.ndarray, csr_array]]:
    """Parts of the neighbourhood graph.

    Args:
        points: (N, 3) float64, distinct.

    Yields:
        (M,) int64, the points of a part, and its (M, M) symmetric weights.
    """
    weights = neighbour_weights(points)
    count, part_of = connected_components(weights, directed=False)
    for part in range(count):
        members = np.flatnonzero(part_of == part)
        yield members, weights[members][:, members]


def neighbour_weights(points: np.ndarray) -> csr_array:
    """Weights exp(-d^2 / 2 s^2) between each point and its eight nearest, s their median distance: (N, N)."""
    near = min(NEIGHBOURS, len(points) - 1)
    if near < 1:
        return csr_array((len(points), len(points)))
    distances, neighbours = KDTree(points).query(points, k=near + 1)  # (N, K + 1), each point's own among them
    rows = np.repeat(np.arange(len(points)), near + 1)
    scale = np.median(distances[:, 1:])
    values = np.exp(-0.5 * (distances.ravel() / scale) ** 2)
    other = rows != neighbours.ravel()
    graph = coo_array((values[other], (rows[other], neighbours.ravel()[other])), (len(points), len(points))).tocsr()
    return graph.maximum(graph.T).tocsr()


def fiedler_order(weights: csr_array) -> np.ndarray:
    """Sort the nodes of a connected graph by its Fiedler vector.

    Args:
        weights: (N, N) symmetric.

    Returns:
        (N,) int64; equal values in the order of the nodes.
    """
    count = weights.shape[0]
    if count < 3:
        return np.arange(count)
    degrees = weights.sum(1)  # (N,)
    laplacian = diags_array(degrees) - weights
    if count <= DENSE:
        vector = eigh(laplacian.toarray(), subset_by_index=[1, 1])[1][:, 0]
    else:
        start = np.sin(np.arange(1.0, count + 1))  # any fixed vector that no symmetry of the graph cancels
        values, vectors = eigsh(laplacian.tocsc(), k=2, sigma=-SHIFT * degrees.mean(), v0=start)
        vector = vectors[:, np.argmax(values)]
    return np.argsort(vector, kind="stable")
