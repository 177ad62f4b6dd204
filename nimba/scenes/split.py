"""Take a scene apart: up, floor, walls, then the things."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nimba.scenes.assemble import things
from nimba.scenes.boxes import axis_box, upright_box
from nimba.scenes.directions import unit
from nimba.scenes.planes import Flat, covered, frame
from nimba.scenes.scene import REST, Kind, Plane, Scene, SceneObject
from nimba.scenes.settings import SceneSettings, thinned
from nimba.scenes.tops import on_top
from nimba.scenes.upright import SQUARES, find_up, floor_of, floors
from nimba.scenes.walls import ceiling, walls

_UNDER = 0.03  # share of the points below the largest level plane from which on it is a table's top, not a floor


def split_scene(
    points: np.ndarray, up: Sequence[float] | np.ndarray | None = None, settings: SceneSettings | None = None
) -> Scene:
    """Find the large planes of a scene, and the things that stand on the floor, on tables and by the walls.

    Large clouds are thinned first, to cubes of ``settings.voxel``; each point then has the label of its cube. A table
    is an object, its top with it, and what stands apart on it are objects of their own. Where a scan shows little
    beside a table's top, that top takes the floor's part: a plane of the kind "table top". The same points, settings
    and ``up`` give the same scene.

    Args:
        points: (N, 3), N >= 64, finite, in any unit and anywhere.
        up: (3,), the way that is up, the floor within 12 degrees of level; None to find it among the six axes.
        settings: lengths; None for those that follow from the cloud, ``SceneSettings.of(points)``.

    Raises:
        InputError: points that are no such cloud, or no direction.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> floor = rng.uniform(-2, 2, (4000, 3)) * [1, 1, 0]
        >>> posts = [rng.uniform(-0.2, 0.2, (800, 3)) + [x, 0, 0.25] for x in (-1, 0, 1)]
        >>> scene = split_scene(np.concatenate([floor, *posts]))
        >>> scene.axis, [plane.kind for plane in scene.planes], len(scene.objects)
        ('z', ['floor'], 3)
    """
    points = np.asarray(points)
    settings = settings or SceneSettings.of(points)
    middle = np.median(points, axis=0).astype(np.float64)  # national grids: near the origin, doubles have digits left
    thin, inverse = thinned(points.astype(np.float64) - middle, settings.voxel)
    room = _room(thin, None if up is None else unit(up), settings)
    level = np.concatenate([thin @ frame(room.up).T, room.heights[:, None]], 1)  # (M, 3), the height last
    free = room.label == _FREE
    found = _Things(level[free], room.stands, settings)
    label = np.where(free, REST, room.label)
    label[free] = np.where(found.label >= 0, found.label + len(room.flats), REST)
    labels = label[inverse]
    planes = [
        Plane(kind, flat.normal, flat.offset + float(flat.normal @ middle), np.flatnonzero(labels == number))
        for number, (kind, flat) in enumerate(room.flats)
    ]
    objects = []
    for number, (on_floor, upon) in enumerate(found.standing):
        indices = np.flatnonzero(labels == len(planes) + number)
        own = points[indices]
        exact = own.astype(np.float64)
        on = 0 if on_floor and planes else None
        objects.append(SceneObject(indices, own, axis_box(exact), upright_box(exact, room.up), on, upon))
    return Scene(points, planes, objects, labels, room.up, settings, room.notes)


_FREE = -2  # label of what may be things, until they are found


class _Room(NamedTuple):
    """What surrounds the things, found on M thinned points."""

    up: np.ndarray  # (3,)
    flats: list[tuple[Kind, Flat]]  # the floor first
    label: np.ndarray  # (M,) plane of each point, REST below the floor or behind a wall, _FREE inside
    heights: np.ndarray  # (M,) over the floor
    stands: float  # what begins below this height stands on the floor
    notes: list[str]


def _room(thin: np.ndarray, up: np.ndarray | None, settings: SceneSettings) -> _Room:
    extent, tolerance, seed = settings.extent, settings.tolerance, settings.seed
    if up is None:
        floor = find_up(thin, extent, tolerance, settings.reach, seed)
    else:
        floor = floor_of(floors(thin, up, extent, tolerance, seed), thin)
    if floor is None:
        note = "no floor: no large level plane with things on it"
        if up is None:
            note, up = note + "; up is taken to be z", np.array([0.0, 0.0, 1.0])
        heights = thin @ up
        heights = heights - np.percentile(heights, 1)
        return _Room(up, [], np.full(len(thin), _FREE), heights, 4 * settings.reach, [note])
    rng, notes = np.random.default_rng(seed), []
    flat = floor.flat
    up, heights = flat.normal, flat.heights(thin)
    label = np.where(heights < -flat.spread, REST, np.where(heights < flat.spread, 0, _FREE))
    below = (label == REST).mean()
    flats: list[tuple[Kind, Flat]] = [("table top" if below > _UNDER else "floor", flat)]
    if below > _UNDER:
        notes.append(f"{below:.0%} of the scene is below the plane that things stand on, and left out")
    side = extent / SQUARES
    over = ceiling(thin[label == _FREE], covered(thin[label == 0] @ frame(up).T, side), up, tolerance, side, rng)
    others: list[tuple[Kind, Flat]] = [("other", over)] if over is not None else []
    inside = label == _FREE if over is None else (label == _FREE) & (over.heights(thin) > over.spread)
    others += [("wall", wall) for wall in walls(thin[inside], thin[label == 0], up, tolerance, rng)]
    for kind, other in others:
        far = other.heights(thin)  # into the room
        label[(label == _FREE) & (np.abs(far) < other.spread)] = len(flats)
        label[(label == _FREE) & (far < 0)] = REST
        flats.append((kind, other))
    return _Room(up, flats, label, heights, flat.spread + 2 * settings.reach, notes)


class _Things:
    """Things among points (N, 3), the last column the height over the floor: on it, then on tables."""

    def __init__(self, level: np.ndarray, stands: float, settings: SceneSettings):
        self.label = things(level, level[:, 2], settings.reach, stands, settings.fewest)
        count = int(self.label.max(initial=-1)) + 1
        lowest = [float(level[self.label == thing, 2].min()) for thing in range(count)]
        self.standing: list[tuple[bool, int | None]] = [(low < stands, None) for low in lowest]
        for thing in range(count):
            own = np.flatnonzero(self.label == thing)
            upon = on_top(level[own], settings.reach, settings.fewest)
            for number in range(upon.max(initial=-1) + 1):
                self.label[own[upon == number]] = len(self.standing)
                self.standing.append((False, thing))
