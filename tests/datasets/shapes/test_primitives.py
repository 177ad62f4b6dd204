"""Samples on every primitive against the moments of the exact surface."""

import numpy as np
import pytest

from nimba.datasets.shapes.primitives import (
    Triangles,
    box,
    ellipsoid,
    frustum,
    loft,
    move,
    plate,
    revolve,
    rod,
    torus,
    tube,
    turn,
    wedge,
)
from nimba.datasets.shapes.sampling import areas, sample_surface

SAMPLES = 40_000
# A cylinder of radius 1 and height 2 with both ends: the side has two thirds of the area; the mean of x² is 1 / 2 on it
# and 1 / 4 on a disc, that of (y - 1)² is 1 / 3 and 1.
CYLINDER = (6 * np.pi, (0, 1, 0), (2 / 3 / 2 + 1 / 3 / 4, 2 / 3 / 3 + 1 / 3, 2 / 3 / 2 + 1 / 3 / 4))
# A torus of radii R and r: an angle v around the tube has the weight R + r cos v, hence
# E[(R + r cos v)²] = R² + 3 r² / 2 is the mean squared distance from its axis.
TORUS = (4 * np.pi**2 * 0.3, (0, 0, 0), ((1 + 1.5 * 0.09) / 2, 0.09 / 2, (1 + 1.5 * 0.09) / 2))


def _box_moments(x: float, y: float, z: float) -> tuple[float, tuple, tuple]:
    """Area and moments of a box with its centre at the origin: of a face's points the flat axes have s² / 12."""
    faces = 2 * np.array([y * z, z * x, x * y])  # by the axis they are across
    size = np.array([x, y, z])
    inside = size**2 / 12 * (faces.sum() - faces) + size**2 / 4 * faces
    return faces.sum(), (0, 0, 0), tuple(inside / faces.sum())


CASES: dict[str, tuple[Triangles, tuple]] = {
    "box": (box((1.0, 2.0, 0.5)), _box_moments(1.0, 2.0, 0.5)),
    "wedge": (wedge((1.0, 0.5), (1.0, 0.5), 2.0, (0.0, -1.0, 0.0)), _box_moments(1.0, 2.0, 0.5)),
    "plate": (
        plate(np.array([[-0.5, 0, -0.25], [0.5, 0, -0.25], [0.5, 0, 0.25], [-0.5, 0, 0.25]]), (0.0, 2.0, 0.0)),
        _box_moments(1.0, 2.0, 0.5),
    ),
    "frustum": (frustum(1.0, 1.0, 2.0), CYLINDER),
    "revolve": (revolve(np.array([[1.0, 0.0], [1.0, 0.7], [1.0, 2.0]])), CYLINDER),
    # The side of a cone with its tip up: uniform in the square of the radius; area pi * r * slant.
    "cone": (
        frustum(1.0, 0.0, 1.0, capped=False),
        (np.pi * np.sqrt(2), (0, 1 / 3, 0), (1 / 4, 1 / 18, 1 / 4)),
    ),
    "rod": (move(rod((0, 0, 0), (0, 2, 0), 1.0), (3.0, 0.0, 0.0)), (CYLINDER[0], (3, 1, 0), CYLINDER[2])),
    "tube": (tube(np.array([[0.0, 0, 0], [0, 1.2, 0], [0, 2, 0]]), 1.0), CYLINDER),
    "sphere": (ellipsoid((1.0, 1.0, 1.0), (0.0, 2.0, 0.0)), (4 * np.pi, (0, 2, 0), (1 / 3, 1 / 3, 1 / 3))),
    "torus": (torus(1.0, 0.3), TORUS),
}


@pytest.mark.parametrize("name", CASES)
def test_samples_are_uniform_by_area(name: str) -> None:
    triangles, (area, mean, variance) = CASES[name]
    points = sample_surface(triangles, SAMPLES, np.random.default_rng(0))
    assert areas(triangles).sum() == pytest.approx(area, rel=0.035)  # a polygon stands for a circle
    assert points.mean(axis=0) == pytest.approx(np.array(mean), abs=0.02)
    assert points.var(axis=0) == pytest.approx(np.array(variance), rel=0.07)


def test_samples_lie_on_the_surface() -> None:
    points = sample_surface(box((1.0, 2.0, 0.5)), 2000, np.random.default_rng(1))
    depth = np.abs(points / (0.5, 1.0, 0.25)).max(axis=1)
    assert depth == pytest.approx(np.ones(2000))


def test_stretched_ellipsoid_stays_uniform_by_area() -> None:
    # A flat one is two discs: x² has the mean a² / 4, not the a² / 3 of a sphere that was stretched after sampling.
    points = sample_surface(ellipsoid((2.0, 1e-4, 2.0)), SAMPLES, np.random.default_rng(0))
    assert (points[:, 0] ** 2).mean() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    "path",
    [
        [(0, 0, 0), (0, 1, 0)],
        [(0.1, 0.2, 0.3), (0.4, -0.5, 0.5)],
        [(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 2, 1)],  # an S: its bends turn both ways
        [(1, 0, 0), (0, 0, 1), (-1, 0, 0), (0, 0, -1)],
    ],
)
def test_rounding_does_not_move_a_tube(path: list) -> None:
    exact, rng = np.array(path, dtype=float), np.random.default_rng(0)
    closed = len(path) == 4 and path[0][0] == 1
    for _ in range(10):
        rounded = exact + 1e-16 * rng.integers(-2, 3, size=exact.shape)
        assert tube(rounded, 0.1, closed=closed) == pytest.approx(tube(exact, 0.1, closed=closed), abs=1e-9)


def test_every_edge_of_a_closed_surface_has_two_sides() -> None:
    square = np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]])
    for triangles in (loft(np.stack([square, move(square, (0, 1, 0))])), torus(1.0, 0.3)):
        corners = np.unique(triangles.reshape(-1, 3).round(9), axis=0, return_inverse=True)[1].reshape(-1, 3)
        edges = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_turn_is_right_handed_and_keeps_the_pivot() -> None:
    x, z = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    assert turn(z, 1, np.pi / 2) == pytest.approx(x, abs=1e-12)  # around y, z goes to x
    assert turn(x, 0, 1.0) == pytest.approx(x)
    pivot = np.array([1.0, 2.0, 3.0])
    assert turn(pivot, 2, 0.7, pivot) == pytest.approx(pivot)
