"""Changes of clouds that their paths are to survive: noise, missing points, turns, another sample."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

JITTER = 0.01  # standard deviation, in the units of the points
DROPOUT = 0.1  # share of the points
ANGLE = 15.0  # degrees


@dataclass(frozen=True)
class Changes:
    """A batch of clouds and their changes, R of each random kind, which every order is put through alike."""

    points: np.ndarray  # (B, N, 3), each cloud sorted by its coordinates
    jittered: np.ndarray  # (B, R, N, 3)
    turned: np.ndarray  # (B, 3, N, 3), about x, y and z
    survivors: np.ndarray  # (R, S) numbers of the points left by dropout, ascending
    halves: np.ndarray  # (R, 2, H) numbers of the points in two halves without a common point, ascending
    images: np.ndarray  # (B, R, H) for each point of the first half, which of the second is nearest to it


def change(points: np.ndarray, repeats: int, seed: int) -> Changes:
    """Draw the changes of clouds.

    Every cloud of N points meets the same draws, so that its figures depend on no other cloud.

    Args:
        points: (B, N, 3), each cloud sorted by its coordinates: a number then always means the same point.
        repeats: R.
        seed: of everything random.
    """
    count = points.shape[1]
    left, half = max(count - round(DROPOUT * count), 1), count // 2
    rng = np.random.default_rng(seed)
    noise = rng.normal(scale=JITTER, size=(repeats, count, 3)).astype(points.dtype)
    survivors = np.stack([np.sort(rng.permutation(count)[:left]) for _ in range(repeats)])  # (R, S)
    halves = np.stack([rng.permutation(count)[: 2 * half].reshape(2, half) for _ in range(repeats)])  # (R, 2, H)
    halves.sort(axis=2)
    turned = np.stack([points @ _turn(axis).T.astype(points.dtype) for axis in range(3)], 1)  # (B, 3, N, 3)
    images = np.array([[_nearest(cloud[one], cloud[other]) for one, other in halves] for cloud in points])
    return Changes(points, points[:, None] + noise, turned, survivors, halves, images)


def _turn(axis: int) -> np.ndarray:
    c, s = np.cos(np.radians(ANGLE)), np.sin(np.radians(ANGLE))
    turn = np.eye(3)
    one, other = (axis + 1) % 3, (axis + 2) % 3
    turn[[one, one, other, other], [one, other, one, other]] = c, -s, s, c
    return turn


def _nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The nearest of others to each point: (H, 3), (H, 3) -> (H,)."""
    return KDTree(others).query(points)[1] if len(others) else np.empty(0, np.int64)
