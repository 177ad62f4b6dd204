"""Take a scene apart: up, floor, walls, then the things."""

from collections.abc import Sequence

import numpy as np

from nimba.runtime.errors import InputError
from nimba.scenes.assemble import things
from nimba.scenes.boxes import axis_box, upright_box
from nimba.scenes.planes import Flat, covered, frame
from nimba.scenes.scene import REST, Plane, Scene, SceneObject
from nimba.scenes.settings import SceneSettings, thinned
from nimba.scenes.tops import on_top
from nimba.scenes.upright import SQUARES, find_up, floor_of, floors
from nimba.scenes.walls import ceiling, walls


def split_scene(
    points: np.ndarray, up: Sequence[float] | np.ndarray | None = None, settings: SceneSettings | None = None
) -> Scene:
    points = np.asarray(points)
    settings = settings or SceneSettings.of(points)
    middle = np.median(points, axis=0).astype(np.float64)  # national grids: near the origin, doubles have digits left
    exact = points.astype(np.float64) - middle
    thin, inverse = thinned(exact, settings.voxel)
    rng = np.random.default_rng(settings.seed)
    notes: list[str] = []
    axis = None if up is None else _unit(up)
    if axis is None:
        found = find_up(thin, settings.extent, settings.tolerance, settings.reach, settings.seed)
    else:
        found = floor_of(floors(thin, axis, settings.extent, settings.tolerance, settings.seed), thin)
    label = np.full(len(thin), REST)
    flats: list[tuple[str, Flat]] = []
    if found is None:
        notes.append("no floor: no large level plane with things on it")
        axis = np.array([0.0, 0.0, 1.0]) if axis is None else axis
        heights = thin @ axis
        heights = heights - np.percentile(heights, 1)
        stands, off = 4 * settings.reach, np.ones(len(thin), bool)
    else:
        axis, floor = found.flat.normal, found.flat
        heights = floor.heights(thin)
        label[np.abs(heights) < floor.spread] = 0
        flats.append(("floor", floor))
        off = heights >= floor.spread
        below = heights <= -floor.spread
        stands = floor.spread + 2 * settings.reach
        side = settings.extent / SQUARES
        area = covered(thin[label == 0] @ frame(axis).T, side)
        over = ceiling(thin[off], area, axis, settings.tolerance, side, rng)
        if over is not None:
            flats.append(("other", over))
            off &= over.heights(thin) > over.spread
        for wall in walls(thin[off], thin[label == 0], axis, settings.tolerance, rng):
            flats.append(("wall", wall))
            label[off & (np.abs(wall.heights(thin)) < wall.spread)] = len(flats) - 1
            off &= wall.heights(thin) >= wall.spread
    level = np.concatenate([thin @ frame(axis).T, heights[:, None]], 1)
    found_things = things(level[off], heights[off], settings.reach, stands, settings.fewest)
    label[off] = _numbered(_with_tops(level[off], found_things, settings), len(flats))
    labels = label[inverse]
    planes = [
        Plane(kind, flat.normal, flat.offset + float(flat.normal @ middle), np.flatnonzero(labels == k))
        for k, (kind, flat) in enumerate(flats)
    ]
    objects = []
    for k in range(len(flats), labels.max(initial=-1) + 1):
        indices = np.flatnonzero(labels == k)
        own = points[indices].astype(np.float64)
        objects.append(SceneObject(indices, points[indices], axis_box(own), upright_box(own, axis)))
    return Scene(planes, objects, labels, axis, settings, notes)


def _with_tops(level: np.ndarray, label: np.ndarray, settings: SceneSettings) -> np.ndarray:
    """Labels (N,) with what stands on tables numbered after the rest."""
    label, count = label.copy(), int(label.max(initial=-1)) + 1
    for thing in range(count):
        own = np.flatnonzero(label == thing)
        upon = on_top(level[own], settings.reach, settings.fewest)
        for k in range(upon.max(initial=-1) + 1):
            label[own[upon == k]] = label.max() + 1
    return label


def _numbered(label: np.ndarray, first: int) -> np.ndarray:
    return np.where(label >= 0, label + first, REST)


def _unit(up: Sequence[float] | np.ndarray) -> np.ndarray:
    axis = np.asarray(up, np.float64)
    length = float(np.linalg.norm(axis)) if axis.shape == (3,) else 0.0
    if not 0 < length < np.inf:
        raise InputError(f"up: give a direction of three numbers, not all 0, got {up}")
    return axis / length
