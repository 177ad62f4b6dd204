"""What a depth camera sees of an object: its near side, noise, floor, wall and neighbours."""

import numpy as np

from nimba.clouds.visibility import visible
from nimba.datasets.shapes.primitives import Triangles, box, ellipsoid, move, turn
from nimba.datasets.shapes.sampling import sample_surface

FLIP = 100.0
"""Radius of the sphere of ``visible``, for clouds as dense as these; its paper's R = 10^gamma with gamma = 2."""


def scan(triangles: Triangles, num_points: int, rng: np.random.Generator) -> np.ndarray:
    """A partial, noisy view (num_points, 3) of a surface, with up to 30 % of the samples on its surroundings."""
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))  # (3,) each
    size = float(np.linalg.norm(high - low))
    camera, azimuth = camera_before(low, high, rng)
    around = surroundings(low, high, azimuth, rng)
    share = rng.uniform(0.05, 0.3)
    sigma = size * rng.uniform(0.002, 0.01)
    samples, seen = 3 * num_points, np.empty((0, 3))
    while len(seen) < num_points:  # denser until enough is in view
        behind = round(share * samples)
        points = np.concatenate([sample_surface(triangles, samples - behind, rng), sample_surface(around, behind, rng)])
        seen = points[visible(points, camera, FLIP)]
        samples *= 2
    seen = rng.permutation(seen)[:num_points]
    return seen + rng.normal(0.0, sigma, size=seen.shape)


def camera_before(low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """A camera's place (3,), obliquely above a box (low (3,), high (3,)), and the azimuth it stands at, in radians."""
    azimuth, elevation = rng.uniform(0.0, 2 * np.pi), np.deg2rad(rng.uniform(5.0, 50.0))
    towards = np.array([np.cos(elevation) * np.cos(azimuth), np.sin(elevation), np.cos(elevation) * np.sin(azimuth)])
    size = float(np.linalg.norm(high - low))
    return (low + high) / 2 + towards * size * rng.uniform(1.2, 2.5), azimuth


def surroundings(low: np.ndarray, high: np.ndarray, azimuth: float, rng: np.random.Generator) -> Triangles:
    """What is around a box: floor, now and then a wall at the side far from ``azimuth``, up to three things next to it.

    Args:
        low: (3,) lower corner of the box; the floor is at its height.
        high: (3,) upper corner.
        azimuth: where the camera stands, in radians.
        rng: where its randomness comes from.
    """
    width, height, depth = high - low
    size = float(max(width, depth))
    x, _, z = (low + high) / 2
    offset = rng.uniform(-0.2, 0.2, size=2) * size
    floor = box((rng.uniform(0.8, 1.5) * size, 0.001, rng.uniform(0.8, 1.5) * size))
    parts = [move(turn(floor, 1, rng.uniform(0.0, np.pi)), (x + offset[0], low[1], z + offset[1]))]
    if rng.random() < 0.3:
        wall = box((0.001, rng.uniform(0.5, 1.2) * height, size), (-0.8 * size, 0.5 * height, 0.0))
        parts.append(move(turn(wall, 1, -azimuth), (x, low[1], z)))
    for angle in rng.uniform(0.0, 2 * np.pi, size=rng.integers(0, 4)):
        radii = rng.uniform(0.04, 0.15, size=3) * max(size, height)
        place = np.array([x, low[1] + radii[1], z]) + 0.75 * size * np.array([np.cos(angle), 0.0, np.sin(angle)])
        parts.append(ellipsoid(radii, place) if rng.random() < 0.5 else box(2 * radii, place))
    return np.concatenate(parts)
