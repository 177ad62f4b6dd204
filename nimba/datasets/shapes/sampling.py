"""Points on triangles, uniform by area."""

import numpy as np

from nimba.datasets.shapes.primitives import Triangles


def areas(triangles: Triangles) -> np.ndarray:
    """The area of each triangle, (T,)."""
    edges = triangles[:, 1:] - triangles[:, :1]  # (T, 2, 3)
    return np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) / 2


def sample_surface(triangles: Triangles, num_points: int, rng: np.random.Generator) -> np.ndarray:
    """Independent points (num_points, 3), uniform by area (Osada et al., Shape Distributions, ACM TOG 2002, 4.1)."""
    cumulative = np.cumsum(areas(triangles))
    chosen = np.searchsorted(cumulative, rng.random(num_points) * cumulative[-1], side="right")
    corners = triangles[np.minimum(chosen, len(triangles) - 1)]  # (N, 3, 3)
    root, share = np.sqrt(rng.random(num_points)), rng.random(num_points)
    weights = np.stack([1 - root, root * (1 - share), root * share], axis=1)  # (N, 3)
    return np.einsum("nc,ncd->nd", weights, corners)
