"""Points on the surface of a mesh."""

from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError


def sample_surface(
    vertices: np.ndarray, triangles: np.ndarray, count: int, rng: np.random.Generator, where: str = "mesh"
) -> np.ndarray:
    """Draw points uniformly by area (Osada et al., Shape Distributions, 2002, section 3.1).

    Args:
        vertices: (V, 3).
        triangles: (T, 3), indices into the vertices.
        count: N.
        rng: source of randomness.
        where: name of the mesh in errors.

    Returns:
        (N, 3) float64.

    Raises:
        InputError: if there are no triangles, or none has an area.
    """
    corners = vertices[triangles].astype(np.float64)  # (T, 3, 3)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.linalg.norm(np.cross(first, second), axis=1) / 2  # (T,)
    if not area.sum() > 0:
        raise InputError(f"{where}: the mesh has no surface ({len(triangles)} triangles); is the file complete?")
    chosen = rng.choice(len(triangles), size=count, p=area / area.sum())  # (N,)
    a, b = rng.random((2, count, 1))
    root = np.sqrt(a)  # uniform in a triangle: the square root evens out the narrowing towards its tip
    return corners[chosen, 0] + root * (1 - b) * first[chosen] + root * b * second[chosen]  # (N, 3)


def check_faces(path: Path, vertices: np.ndarray, triangles: np.ndarray) -> None:
    """Refuse triangles (T, 3) with corners beyond the vertices (V, 3).

    Raises:
        InputError: naming the file and a vertex that there is not.
    """
    wrong = triangles[(triangles < 0) | (triangles >= len(vertices))]
    if wrong.size:
        raise InputError(f"{path}: a face names vertex {wrong[0]} of {len(vertices)}; is the file complete?")
