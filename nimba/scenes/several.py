"""Whether a cloud that was given as one thing is a scene of several."""

from collections.abc import Sequence

import numpy as np

from nimba.runtime.errors import InputError
from nimba.scenes.boxes import upright_box
from nimba.scenes.planes import covered, frame
from nimba.scenes.scene import Scene
from nimba.scenes.settings import LEAST, some_of
from nimba.scenes.split import split_scene

_POINTS = 20_000  # that are looked at: whether there are several things shows in fewer than what they are
_SEVERAL = 2
_SEVERAL_ANYHOW = 3  # where up is not known, and one of six ways will do
_TALL = 0.04  # of the scene's extent that a thing is high: keys on a keyboard are no things
_FREE = 0.5  # share of the floor that no thing stands on, at least
_FILLED = 0.4  # share of the floor's own rectangle that it covers, at least
_SQUARES = 20
_GLANCE = 4000  # points that a first look is taken at
_THICK = 0.04  # of the extent: so thick is the part that a floor lies in
_IN_SLICE = 0.25  # share of the points in it, at least
_PLAN = 12  # squares along the extent
_STRAYS = 2  # points over a square that is free
_CLEAR = 0.35  # share of the plan that nothing is over, at least


def may_be_scene(points: np.ndarray) -> bool:
    """A first look at (N, 3), a hundredth of the time: a level slice at one end reaches far, and much of it is free.

    Without it ``looks_like_scene`` is not worth its time, but for scenes that stand askew by more than a degree or two.
    """
    if len(points) < LEAST:
        return False
    some = (
        points[np.random.default_rng(0).choice(len(points), _GLANCE, replace=False)]
        if len(points) > _GLANCE
        else points
    )
    low, high = np.percentile(some, [1, 99], axis=0)
    extent = float((high - low).max())
    if not 0 < extent < np.inf:
        return False
    return any(_free_end(some, axis, sign, low, extent) for axis in range(3) for sign in (1.0, -1.0))


def _free_end(points: np.ndarray, axis: int, sign: float, low: np.ndarray, extent: float) -> bool:
    """Whether the lowest part along a signed axis could be a floor with things on it."""
    heights = sign * points[:, axis]
    above = heights - np.quantile(heights, 0.02)
    floor = above < _THICK * extent
    if floor.mean() < _IN_SLICE:
        return False
    plan = np.delete(points, axis, 1)
    square = np.clip(((plan - np.delete(low, axis)) / extent * _PLAN).astype(int), 0, _PLAN - 1)  # (N, 2)
    number = square[:, 0] * _PLAN + square[:, 1]
    on_floor, over_it = (np.bincount(number[which], minlength=_PLAN**2) for which in (floor, ~floor))
    taken = over_it > _STRAYS
    return bool(((on_floor > 0) & ~taken).sum() >= _CLEAR * ((on_floor > 0) | taken).sum())


def looks_like_scene(points: np.ndarray, up: Sequence[float] | np.ndarray | None = None) -> str | None:
    """What to tell a user who gave a scene as one thing: several things stand apart on a large plane.

    Args:
        points: (N, 3).
        up: (3,), or None to find it.

    Returns:
        One sentence that names the option ``--objects``; None for what looks like a single thing.
    """
    if len(points) < LEAST:
        return None
    points = some_of(points, _POINTS)
    try:
        scene = split_scene(points, up)
    except InputError:  # no extent, not finite: that is for others to tell
        return None
    count = _standing(scene, points)
    if count < (_SEVERAL_ANYHOW if up is None else _SEVERAL):
        return None
    return f"looks like a scene: {count} things on a large plane; classify each with --objects"


def _standing(scene: Scene, points: np.ndarray) -> int:
    """How many things stand apart on a floor that reaches beyond them; 0 where there is no such floor."""
    floor = next((plane for plane in scene.planes if plane.kind in ("floor", "table top")), None)
    if floor is None:
        return 0
    floor_points = points[floor.indices].astype(np.float64)
    extent = scene.settings.extent
    tall = [thing for thing in scene.objects if thing.upright_box.sides[1] > _TALL * extent]
    stand = [thing for thing in tall if thing.on == 0]
    ground = upright_box(floor_points, floor.normal).sides if len(floor_points) else np.zeros(3)
    taken = sum(float(thing.upright_box.sides[0] * thing.upright_box.sides[2]) for thing in stand)
    if taken > (1 - _FREE) * ground[0] * ground[2]:
        return 0
    side = max(ground.max() / _SQUARES, 2 * scene.settings.spacing)
    if covered(floor_points @ frame(floor.normal).T, side) * side**2 < _FILLED * ground[0] * ground[2]:
        return 0
    return len(stand)
