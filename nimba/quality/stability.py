"""Stability: how much of a path is left when the cloud is not quite the same."""

from collections.abc import Callable

import numpy as np
from scipy.spatial import KDTree

JITTER = 0.01  # standard deviation, in the units of the points
DROPOUT = 0.1  # share of the points
ANGLE = 15.0  # degrees
KINDS = ("jitter", "dropout", "turn_x", "turn_y", "turn_z", "resampling")

Serializer = Callable[[np.ndarray], np.ndarray]  # (R, N, 3) -> (R, M) numbers of points along each path


def stability(points: np.ndarray, serializer: Serializer, *, repeats: int = 4, seed: int = 0) -> dict[str, float]:
    """Share of the pairs that are neighbours on the path and still are after a change of the cloud.

    - "jitter": Gaussian noise on each coordinate.
    - "dropout": a tenth of the points is missing; pairs of which both points are left count.
    - "turn_x", "turn_y", "turn_z": a turn of 15 degrees about an axis.
    - "resampling": two halves of the cloud that share no point, each serialized alone. A pair of the one is kept if the
      points of the other that are nearest to it are neighbours there, or the same one.

    Args:
        points: (N, 3).
        serializer: orders a batch of clouds.
        repeats: of everything random.
        seed: of everything random. The points are sorted before numbers are drawn: their order does not matter.

    Returns:
        a share in [0, 1] for each of ``KINDS``; 1 where a cloud is too small to have pairs.
    """
    points = points[np.lexsort(points.T[::-1])]
    rng = np.random.default_rng(seed)
    count = len(points)
    whole = pairs(serializer(points[None])[0], count)
    noise = rng.normal(scale=JITTER, size=(repeats, count, 3)).astype(points.dtype)
    turned = serializer(np.stack([points @ _turn(axis).T.astype(points.dtype) for axis in range(3)]))
    kept = {"jitter": float(np.mean([_kept(whole, pairs(path, count)) for path in serializer(points + noise)]))}
    kept["dropout"] = _after_dropout(points, whole, serializer, repeats, rng)
    kept |= {f"turn_{name}": _kept(whole, pairs(path, count)) for name, path in zip("xyz", turned, strict=True)}
    kept["resampling"] = _after_resampling(points, serializer, repeats, rng)
    return {kind: kept[kind] for kind in KINDS}


def pairs(path: np.ndarray, count: int) -> np.ndarray:
    """Unordered pairs of neighbours on a path (M,) through ``count`` points, each once: (P,), low * count + high."""
    low, high = np.minimum(path[1:], path[:-1]), np.maximum(path[1:], path[:-1])
    different = low != high  # where copies of a point meet
    return np.unique(low[different] * count + high[different])


def _kept(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.isin(before, after).mean()) if len(before) else 1.0


def _turn(axis: int) -> np.ndarray:
    c, s = np.cos(np.radians(ANGLE)), np.sin(np.radians(ANGLE))
    turn = np.eye(3)
    one, other = (axis + 1) % 3, (axis + 2) % 3
    turn[[one, one, other, other], [one, other, one, other]] = c, -s, s, c
    return turn


def _after_dropout(
    points: np.ndarray, whole: np.ndarray, serializer: Serializer, repeats: int, rng: np.random.Generator
) -> float:
    count = len(points)
    left = max(count - round(DROPOUT * count), 1)
    survivors = np.stack([np.sort(rng.permutation(count)[:left]) for _ in range(repeats)])  # (R, left)
    shares = []
    for members, path in zip(survivors, serializer(points[survivors]), strict=True):
        there = np.zeros(count, bool)
        there[members] = True
        both = whole[there[whole // count] & there[whole % count]]
        shares.append(_kept(both, pairs(members[path], count)))
    return float(np.mean(shares))


def _after_resampling(points: np.ndarray, serializer: Serializer, repeats: int, rng: np.random.Generator) -> float:
    half = len(points) // 2
    if half < 2:
        return 1.0
    halves = np.stack([rng.permutation(len(points))[: 2 * half].reshape(2, half) for _ in range(repeats)])  # (R, 2, h)
    halves.sort(axis=2)
    paths = serializer(points[halves.reshape(-1, half)]).reshape(repeats, 2, -1)  # (R, 2, M)
    shares = []
    for (one, other), (path, other_path) in zip(halves, paths, strict=True):
        image = KDTree(points[other]).query(points[one])[1]  # (h,)
        walked = image[path]
        together = walked[1:] == walked[:-1]
        codes = np.minimum(walked[1:], walked[:-1]) * half + np.maximum(walked[1:], walked[:-1])
        shares.append((together | np.isin(codes, pairs(other_path, half))).mean())
    return float(np.mean(shares))
