"""Walls and ceilings: large planes at the scene's border, which a cupboard's side is not."""

import numpy as np

from nimba.scenes.planes import Flat, covered, frame, level_plane, upright_plane

_MOST = 4  # walls
_TRIES = 3  # planes that are looked at after one that was no wall
_LONG = 0.5  # of the floor's length along it that a wall has at least
_HIGH = 0.55  # of the height of what is in the scene
_FILLED = 0.25  # of its own outline
_BEHIND = 0.02  # share of the points that may be behind a wall, for one side has to be nearly free
_FLOOR_BEHIND = 0.05  # share of the floor that may be: cupboards in a row have more floor behind them
_SQUARES = 24  # that its length is divided into
_CEILING = 0.4  # of the floor's area


def walls(
    rest: np.ndarray, floor: np.ndarray, up: np.ndarray, tolerance: float, rng: np.random.Generator
) -> list[Flat]:
    """Planes that bound a scene to the sides, normals into it.

    Args:
        rest: (N, 3) points off the floor, of about one density.
        floor: (M, 3) points of the floor; without any, a wall is measured against the rest.
        up: (3,), the floor's normal.
        tolerance: half thickness.
        rng: chooses the planes that are tried.
    """
    found: list[Flat] = []
    ground = floor if len(floor) else rest
    whole, left, misses = rest, rest, 0
    high = float(np.ptp(np.percentile(rest @ up, [1, 99]))) if len(rest) else 0.0
    while len(found) < _MOST and misses < _TRIES and len(left) > 3:
        flat = upright_plane(left, up, tolerance, rng)
        if flat is None:
            break
        if _is_wall(flat, left, whole, ground, up, high):
            side = np.sign((flat.heights(whole) > 0).mean() - 0.5) or 1.0
            found.append(Flat(side * flat.normal, side * flat.offset, flat.spread))
        else:
            misses += 1
        left = left[np.abs(flat.heights(left)) >= flat.spread]
    return found


def ceiling(
    rest: np.ndarray, floor_area: int, up: np.ndarray, tolerance: float, side: float, rng: np.random.Generator
) -> Flat | None:
    """A level plane nearly as large as the floor with next to nothing above it, its normal downwards.

    Args:
        rest: (N, 3) points off the floor.
        floor_area: squares that the floor covers.
        up: (3,), the floor's normal.
        tolerance: half thickness.
        side: of those squares.
        rng: chooses the planes that are tried.
    """
    high = rest @ up
    top = rest[high > np.median(high)] if len(rest) else rest
    flat = level_plane(top, up, tolerance, rng)
    if flat is None:
        return None
    heights = flat.heights(rest)
    on = np.abs(heights) < flat.spread
    if (heights[~on] > 0).sum() > _BEHIND * len(rest):
        return None
    if covered(rest[on] @ frame(up).T, side) < _CEILING * floor_area:
        return None
    return Flat(-flat.normal, -flat.offset, flat.spread)


def _is_wall(flat: Flat, left: np.ndarray, whole: np.ndarray, ground: np.ndarray, up: np.ndarray, high: float) -> bool:
    heights = flat.heights(whole)
    off = heights[np.abs(heights) > flat.spread]
    if len(off) and min((off > 0).sum(), (off < 0).sum()) > _BEHIND * len(whole):
        return False
    side = np.sign((off > 0).mean() - 0.5) if len(off) else 1.0
    if (side * flat.heights(ground) < -2 * flat.spread).mean() > _FLOOR_BEHIND:
        return False
    own = left[np.abs(flat.heights(left)) < flat.spread]
    along = np.cross(up, flat.normal)
    across = np.stack([own @ along, own @ up], 1)  # (M, 2)
    low, top = np.percentile(across, [1, 99], axis=0)
    length = np.ptp(np.percentile(ground @ along, [1, 99]))
    if top[0] - low[0] < _LONG * length or top[1] - low[1] < _HIGH * high:
        return False
    square = max((top[0] - low[0]) / _SQUARES, 1e-12)
    inside = across[((across >= low) & (across <= top)).all(1)]
    return covered(inside, square) * square**2 >= _FILLED * (top - low).prod()
