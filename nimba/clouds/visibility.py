"""Which points of a cloud can be seen from a place."""

import numpy as np
from scipy.spatial import ConvexHull, QhullError

# Radius of the flipping sphere, in distances of the farthest point: that with which 1,024 points come nearest to what
# ray casting sees of the made shapes. A larger one shows what is hidden, a smaller one hides what is in a hollow.
FLIP = 30.0


def visible(points: np.ndarray, viewpoint: np.ndarray, flip: float) -> np.ndarray:
    """Indices (V,), ascending, of the points (N, 3) that are not hidden from a viewpoint by others.

    Hidden-point removal (Katz, Tal, Basri: Direct Visibility of Point Sets, SIGGRAPH 2007, 3): flip the points over a
    sphere around the viewpoint; those on the convex hull of the result and the viewpoint are seen. A cloud without a
    hull, of fewer than three distinct points or in a plane with the viewpoint, is seen whole. Open3D's
    ``hidden_point_removal`` does the same; SciPy's hull is here because Open3D takes a second to import.

    Args:
        points: (N, 3).
        viewpoint: (3,), at none of the points.
        flip: radius of the sphere, in distances of the farthest point (the paper's R). The denser the cloud, the larger
            it may be: one too large shows what is hidden, one too small hides what is in a hollow.
    """
    rays = points - viewpoint  # (N, 3)
    ranges = np.linalg.norm(rays, axis=1, keepdims=True)  # (N, 1)
    flipped = rays * (2 * flip * ranges.max() / ranges - 1)  # (N, 3)
    try:
        corners = ConvexHull(np.concatenate([flipped, np.zeros((1, 3))])).vertices
    except (QhullError, ValueError):
        return np.arange(len(points))
    return np.sort(corners[corners < len(points)])  # without the viewpoint itself
