"""Which way is up in a scene, and the floor that goes with it."""

from typing import NamedTuple

import numpy as np

from nimba.scenes.clusters import pieces
from nimba.scenes.planes import Flat, covered, frame, level_plane

SQUARES = 40  # of the floor plan's grid, along the extent
LARGE = 0.12  # share of the extent's square that a floor covers at least
_AXES = np.concatenate([np.eye(3)[[2, 1, 0]], -np.eye(3)[[2, 1, 0]]])  # z first: most scans have it up
_NEARLY = 0.3  # planes with so much of the largest one's area can be the floor
_PLANES = 2  # of each direction


class Candidate(NamedTuple):
    """A plane, and the way that is up if it is the floor."""

    up: np.ndarray
    flat: Flat
    area: float  # covered, in squares of the extent


def area_of(points: np.ndarray, flat: Flat, extent: float) -> float:
    """What share of a square of the extent a plane's points cover."""
    near = points[np.abs(flat.heights(points)) < flat.spread]
    return covered(near @ frame(flat.normal).T, extent / SQUARES) / SQUARES**2


def floors(points: np.ndarray, up: np.ndarray, extent: float, tolerance: float, seed: int) -> list[Candidate]:
    """Large level planes, ``up`` given: at most two, the one with more points first."""
    found: list[Candidate] = []
    rest, rng = points, np.random.default_rng(seed)
    for _ in range(_PLANES):
        flat = level_plane(rest, up, tolerance, rng)
        if flat is None:
            break
        area = area_of(points, flat, extent)
        if area >= LARGE:
            found.append(Candidate(up, flat, area))
        rest = rest[np.abs(flat.heights(rest)) >= flat.spread]
    return found


def floor_of(candidates: list[Candidate], points: np.ndarray) -> Candidate | None:
    """Of level planes, ``up`` given: the lowest of those about as large as the largest, with most of the rest above."""
    if not candidates:
        return None
    largest = max(candidate.area for candidate in candidates)
    near = [c for c in candidates if c.area >= _NEARLY * largest and _above(c, points) >= 0.5]
    return min(near, key=lambda c: float(np.median(c.flat.normal @ c.up * c.flat.offset)), default=None)


def find_up(points: np.ndarray, extent: float, tolerance: float, reach: float, seed: int) -> Candidate | None:
    """The signed axis that is up: things stand on the floor, while few touch a wall, and nothing hangs under a ceiling.

    Args:
        points: (N, 3), of about one density.
        extent: of the cloud.
        tolerance: half thickness of planes.
        reach: of the pieces.
        seed: of the planes that are tried.

    Returns:
        The floor with its up; None where there is no large plane near any axis's level.
    """
    planes = [found for axis in _AXES[:3] for found in floors(points, axis, extent, tolerance, seed)]
    if not planes:
        return None
    largest = max(plane.area for plane in planes)
    planes = [plane for plane in planes if plane.area >= _NEARLY * largest]
    off = np.all([np.abs(plane.flat.heights(points)) >= 1.5 * plane.flat.spread for plane in planes], axis=0)
    rest = points[off]
    label = pieces(rest, reach) if len(rest) else np.empty(0, int)
    scored = []
    for plane in planes:
        above = plane.flat.heights(rest) > 0
        sign = 1.0 if not len(rest) or above.mean() >= 0.5 else -1.0
        flat = Flat(sign * plane.flat.normal, sign * plane.flat.offset, plane.flat.spread)
        touched = _standing(flat, rest, label, tolerance, reach)
        one_sided = max(above.mean(), 1 - above.mean()) if len(rest) else 1.0
        scored.append(
            (touched * one_sided**4 * (plane.area / largest) ** 0.25, Candidate(sign * plane.up, flat, plane.area))
        )
    return max(scored, key=lambda pair: pair[0])[1]


def _standing(flat: Flat, rest: np.ndarray, label: np.ndarray, tolerance: float, reach: float) -> float:
    """Share of the pieces' points whose piece begins at a plane."""
    if not len(rest) or label.max(initial=-1) < 0:
        return 1.0
    heights = flat.heights(rest)
    lowest = np.full(label.max() + 1, np.inf)
    np.minimum.at(lowest, label[label >= 0], np.abs(heights[label >= 0]))
    sizes = np.bincount(label[label >= 0])
    return float(sizes[lowest < 2 * tolerance + reach].sum() / sizes.sum())


def _above(candidate: Candidate, points: np.ndarray) -> float:
    """Share of the points off a plane that are above it."""
    heights = candidate.flat.heights(points)
    off = heights[np.abs(heights) >= candidate.flat.spread]
    return float((off > 0).mean()) if len(off) else 1.0
