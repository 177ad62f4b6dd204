"""Noise: points that are not where the surface is (Sun et al. 2022, section 3)."""

import numpy as np

UNIFORM = (0.01, 0.02, 0.03, 0.04, 0.05)  # largest noise on a coordinate
GAUSSIAN = (0.01, 0.015, 0.02, 0.025, 0.03)  # standard deviation
IMPULSE = (30, 25, 20, 15, 10)  # one point of so many is moved
IMPULSE_STEP = 0.1
UPSAMPLING = (5, 4, 3, 2, 1)  # one new point for so many
UPSAMPLING_EXTENT = 0.05
BACKGROUND = (45, 40, 35, 30, 20)  # one new point for so many


def uniform(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Moves every coordinate by U[-c, c]: (N, 3) -> (N, 3)."""
    extent = UNIFORM[severity - 1]
    return points + rng.uniform(-extent, extent, points.shape)


def gaussian(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Moves every coordinate by a normal deviate and clips it to [-1, 1]: (N, 3) -> (N, 3)."""
    return np.clip(points + rng.normal(0.0, GAUSSIAN[severity - 1], points.shape), -1.0, 1.0)


def impulse(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Moves each coordinate of some points by the same amount up or down: (N, 3) -> (N, 3)."""
    chosen = rng.choice(len(points), len(points) // IMPULSE[severity - 1], replace=False)
    moved = points.copy()
    moved[chosen] += IMPULSE_STEP * rng.choice((-1.0, 1.0), (len(chosen), 3))
    return moved


def upsampling(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Adds points near points, up to as many as there are: (N, 3) -> (N + N // c, 3)."""
    chosen = rng.choice(len(points), len(points) // UPSAMPLING[severity - 1], replace=False)
    new = points[chosen] + rng.uniform(-UPSAMPLING_EXTENT, UPSAMPLING_EXTENT, (len(chosen), 3))
    return np.concatenate([points, new])


def background(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Adds points anywhere in the cube [-1, 1]^3: (N, 3) -> (N + N // c, 3)."""
    new = rng.uniform(-1.0, 1.0, (len(points) // BACKGROUND[severity - 1], 3))
    return np.concatenate([points, new])
