"""SciPy's KD-tree, loaded when it is first asked for: most clouds that are looked at here are no scenes."""

from typing import Any

import numpy as np


def tree_of(points: np.ndarray) -> Any:
    """A ``scipy.spatial.cKDTree`` of points (N, D)."""
    from scipy.spatial import cKDTree

    return cKDTree(points)
