"""The noise of a scanner, taken off a surface."""

import numpy as np

from nimba.scenes.trees import tree_of

_NEIGHBOURS = 12
_BLOCK = 50_000  # points at once: 30 MB of neighbours


def smoothed(points: np.ndarray) -> np.ndarray:
    """Each point moved onto the plane through its nearest dozen: (N, 3) -> (N, 3), of the same type.

    Noise across a surface goes, shape along it stays. Networks that were trained on clean shapes name scanned things
    better so.
    """
    if len(points) <= _NEIGHBOURS:
        return points
    exact = points.astype(np.float64)
    tree = tree_of(exact)
    moved = np.empty_like(exact)
    for start in range(0, len(points), _BLOCK):
        block = exact[start : start + _BLOCK]
        near = exact[tree.query(block, k=_NEIGHBOURS)[1]]  # (B, K, 3)
        middle = near.mean(1)
        spread = near - middle[:, None]
        normal = np.linalg.eigh(spread.transpose(0, 2, 1) @ spread)[1][:, :, 0]  # (B, 3)
        moved[start : start + _BLOCK] = block - ((block - middle) * normal).sum(1, keepdims=True) * normal
    return moved.astype(points.dtype)
