"""The ground that one thing was scanned with: found where it reaches well beyond the thing, and taken off."""

from collections.abc import Sequence

import numpy as np

from nimba.clouds.hull import convex_hull
from nimba.scenes.directions import unit
from nimba.scenes.planes import Flat, covered, frame, level_plane, outline
from nimba.scenes.settings import LEAST, SceneSettings, some_of

_LOW = 0.35  # share of the points, the lowest ones, that the ground is looked for in, at least
_BELOW = 0.01  # share of all points that may be below it
_BEYOND = 3.0  # times the floor plan of the thing that the ground covers
_FILLED = 0.5  # share of its own outline that it covers
_TALL = 0.1  # of the ground's width that the thing is high, or it is a relief, not a thing on a ground
_SQUARES = 16  # along the ground's longer side
_LEFT = 32  # points of a thing without its ground
_SAMPLE = 20_000  # points that the ground is found in
_GLANCE = 4000  # points that a first look is taken at
_SLAB = 0.06  # of the extent: so thick is the lowest part that a level ground lies in, 3 degrees off its axis or less
_IN_SLAB = 0.15  # share of the points in that part, at least
_SURELY = 1.06  # so much larger than its 16-gon can a hull be


def take_off_ground(
    points: np.ndarray, up: Sequence[float] | np.ndarray = (0.0, 1.0, 0.0)
) -> tuple[np.ndarray, str | None]:
    """One thing without the patch of floor that it was scanned with.

    A thing's own flat base is not touched: only a level plane under everything is taken for ground, and only where it
    covers three times the area of what stands on it.

    Args:
        points: (N, 3) of one thing.
        up: (3,), its up axis.

    Returns:
        The points (M, 3) left, in their order, and a note on what was taken off; or the points as they are and None.

    Raises:
        InputError: points that are not (N, 3) or not finite, or no direction.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> floor = rng.uniform(-2, 2, (3000, 3)) * [1, 0, 1]
        >>> post = rng.uniform(-0.2, 0.2, (1000, 3)) + [0, 0.25, 0]
        >>> thing, note = take_off_ground(np.concatenate([floor, post]))
        >>> len(thing), note
        (1000, 'took off a ground of 3,000 points under the thing')
    """
    ground = find_ground(points, unit(up))
    if ground is None:
        return points, None
    on = np.flatnonzero(ground)
    return points[~ground], f"took off a ground of {len(on):,} points under the thing"


def find_ground(points: np.ndarray, up: np.ndarray, *, level: bool = False) -> np.ndarray | None:
    """Which points of one thing are of a ground under it.

    Args:
        points: (N, 3).
        up: (3,), length 1.
        level: look only for a ground that is level within some 3 degrees and holds a good share of the points: where it
            is not known that ``up`` is up, that keeps a thing's side from being taken for one.

    Returns:
        (N,) bool; None where there is no ground.

    Raises:
        InputError: points that are not (N, 3) or not finite.
    """
    if len(points) < LEAST:
        return None
    some = some_of(points, _SAMPLE)
    middle = np.median(some, axis=0).astype(np.float64)
    exact = some.astype(np.float64) - middle
    if not _may_have_one(some_of(exact, _GLANCE), up, level):
        return None
    settings = SceneSettings.of(some)
    flat = _lowest(exact, up, settings)
    if flat is None:
        return None
    heights = flat.heights(exact)
    ground = heights < flat.spread
    if not _reaches_beyond(exact, heights, ground, flat, settings):
        return None
    if some is points:
        return ground
    return flat.heights(points) - flat.normal @ middle < flat.spread  # (N,), in the precision that points have


def _may_have_one(points: np.ndarray, up: np.ndarray, level: bool) -> bool:
    """A first look, which most things without a ground do not pass: the upper half is far narrower than the whole."""
    heights = points @ up
    low, high = np.quantile(heights, _BELOW), heights.max()
    if level and (heights < low + _SLAB * np.ptp(points, axis=0).max()).mean() < _IN_SLAB:
        return False
    plan = points @ frame(up).T
    upper = plan[heights > (low + high) / 2]
    return _BEYOND * outline(upper) <= _SURELY * outline(plan)


def _lowest(points: np.ndarray, up: np.ndarray, settings: SceneSettings) -> Flat | None:
    """The level plane of the lower points, if next to nothing is below it."""
    heights = points @ up
    low = points[heights <= max(np.quantile(heights, _LOW), heights.min() + 0.1 * np.ptp(heights))]
    flat = level_plane(low, up, settings.tolerance, np.random.default_rng(settings.seed))
    if flat is None or (flat.heights(points) < -flat.spread).mean() > _BELOW:
        return None
    return flat


def _reaches_beyond(
    points: np.ndarray, heights: np.ndarray, ground: np.ndarray, flat: Flat, settings: SceneSettings
) -> bool:
    thing = heights > 2 * flat.spread
    if thing.sum() < _LEFT or ground.sum() < _LEFT:
        return False
    plan = points @ frame(flat.normal).T
    area, whole = _hull(plan[thing]), _hull(plan[ground])
    width = np.ptp(plan[ground], axis=0).max()
    if whole < _BEYOND * area or np.percentile(heights[thing], 99) < _TALL * width:
        return False
    side = max(width / _SQUARES, 2 * settings.spacing)
    return covered(plan[ground], side) * side**2 >= _FILLED * whole


def _hull(plan: np.ndarray) -> float:
    """Area of the convex hull of points (N, 2)."""
    x, y = convex_hull(plan).T if len(plan) else np.zeros((2, 0))
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2  # the shoelace formula
