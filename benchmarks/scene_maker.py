"""Scenes put together from single models: floor, walls, noise, things with gaps between, seen whole or from one side.

Lengths are in metres, y is up, the floor is near y = 0. Every scene is a pure function of its models and its generator.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nimba.clouds.pose import turned
from nimba.clouds.visibility import visible

FLIP = 200.0  # of hidden-point removal, for the density that these scenes have
SEEN = 0.15  # share of an object's points, and
FEWEST = 80  # number of them, that have to be seen for it to count: less could not be named by a person either
TRIES = 60  # places that are tried for each thing


@dataclass(frozen=True)
class Model:
    """One thing to put into scenes: its points (N, 3), y up, in any unit."""

    name: str
    points: np.ndarray
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class MadeScene:
    """A scene and what is in it: ``labels[i]`` is the object that point i is of, -1 for floor, walls and noise."""

    points: np.ndarray  # (N, 3) float64
    labels: np.ndarray  # (N,) int
    models: list[Model]
    kinds: list[str] = field(default_factory=list)  # "floor", or "table" of what stands on one


@dataclass(frozen=True)
class Recipe:
    """What a scene is like; lengths in metres."""

    objects: int = 5
    walls: int = 1  # 0, 1, or 2 that meet in a corner
    gap: float = 0.15  # least distance of two things in the floor plan
    density: float = 600.0  # points a square metre of the floor and the walls
    noise: float = 0.003  # of every coordinate
    stray: float = 0.004  # share of points that are anywhere
    tilt: float = 0.0  # degrees of the whole against the axes
    waves: float = 0.0  # height of the floor's unevenness
    holes: int = 0  # in the floor
    fall: float = 0.0  # 0: one density; 1: the far end of the scene has a fifth of the near end's
    partial: bool = False  # only what can be seen from one place at eye height
    on_table: int = 0  # things on the first model that is a table, if there is one
    touching: bool = False  # one thing stands against the wall


def random_recipe(rng: np.random.Generator, partial: bool) -> Recipe:
    """One of the many kinds of scenes."""
    return Recipe(
        objects=int(rng.integers(3, 9)),
        walls=int(rng.integers(1, 3)),
        gap=rng.uniform(0.12, 0.3),
        density=rng.uniform(300, 900),
        noise=rng.uniform(0.0, 0.006),
        stray=rng.uniform(0.0, 0.008),
        tilt=rng.uniform(0.0, 2.0),
        waves=rng.uniform(0.0, 0.01),
        holes=int(rng.integers(0, 4)),
        fall=rng.choice([0.0, 0.0, 0.5, 1.0]),
        partial=partial,
        touching=bool(rng.random() < 0.4),
    )


def make_scene(models: Sequence[Model], recipe: Recipe, rng: np.random.Generator) -> MadeScene:
    """Put models on a floor, each turned by any angle, 0.6 to 1.6 m long.

    Args:
        models: the first ``recipe.objects`` that fit are put on the floor, the next ``recipe.on_table`` on a table.
        recipe: what the scene is like.
        rng: where all its randomness comes from.
    """
    side = 1.3 * np.sqrt(recipe.objects) + 1.2  # of the floor
    parts: list[np.ndarray] = []
    used: list[Model] = []
    for model in models[: recipe.objects]:
        thing = turned(_sized(model, rng.uniform(0.6, 1.6)), rng.uniform(0, 2 * np.pi))
        wall = recipe.touching and not parts and recipe.walls > 0
        placed = _placed(thing, parts, recipe.gap, side, wall, rng)
        if placed is not None:
            parts.append(placed)
            used.append(model)
    kinds = ["floor"] * len(parts)
    for model in models[recipe.objects : recipe.objects + recipe.on_table]:
        placed = _on_table(model, parts, used, recipe.gap / 2, rng)
        if placed is not None:
            parts.append(placed)
            used.append(model)
            kinds.append("table")
    room = _room(side, recipe, rng)
    points = np.concatenate([*parts, room])
    labels = np.concatenate([*(np.full(len(part), k) for k, part in enumerate(parts)), np.full(len(room), -1)])
    return _seen(points, labels, MadeScene(points, labels, used, kinds), side, recipe, rng)


def _seen(
    points: np.ndarray, labels: np.ndarray, scene: MadeScene, side: float, recipe: Recipe, rng: np.random.Generator
) -> MadeScene:
    """The scene through a scanner: hidden points, falling density, noise, strays, tilt; the unseen does not count."""
    whole = np.bincount(labels[labels >= 0], minlength=len(scene.models))
    eye = np.array([rng.uniform(-0.4, 0.4) * side, rng.uniform(1.4, 1.9), 0.5 * side + rng.uniform(0.5, 1.5)])
    if recipe.fall:
        far = np.linalg.norm(points - eye, axis=1)
        keep = rng.random(len(points)) < 1 - 0.8 * recipe.fall * (far - far.min()) / np.ptp(far)
        points, labels = points[keep], labels[keep]
    if recipe.partial:
        keep = visible(points, eye, FLIP)
        points, labels = points[keep], labels[keep]
    points = points + rng.normal(0, recipe.noise, points.shape)
    stray = int(recipe.stray * len(points))
    low, high = points.min(0), points.max(0)
    points = np.concatenate([points, rng.uniform(low, high, (stray, 3))])
    labels = np.concatenate([labels, np.full(stray, -1)])
    left = np.bincount(labels[labels >= 0], minlength=len(whole))
    counted = (left >= np.maximum(SEEN * whole, FEWEST)).nonzero()[0]
    number = np.full(len(whole) + 1, -1)
    number[counted] = np.arange(len(counted))
    # What is hardly seen keeps a label of its own below -1: finding it is neither right nor wrong.
    hidden = np.setdiff1d(np.arange(len(whole)), counted)
    number[hidden] = -2 - np.arange(len(hidden))
    points = points @ _tilt(recipe.tilt, rng).T
    mixed = rng.permutation(len(points))
    return replace(
        scene,
        points=points[mixed],
        labels=number[labels][mixed],
        models=[scene.models[k] for k in counted],
        kinds=[scene.kinds[k] for k in counted],
    )


def _sized(model: Model, length: float) -> np.ndarray:
    """The model's points with their longest side ``length``, standing on y = 0, its middle over the origin."""
    low, high = model.points.min(0), model.points.max(0)
    middle = (low + high) / 2
    points = (model.points - [middle[0], low[1], middle[2]]) / (high - low).max() * length
    return points.astype(np.float64)


def _tilt(degrees: float, rng: np.random.Generator) -> np.ndarray:
    """A turn by an angle about a random level axis: (3, 3)."""
    way, angle = rng.uniform(0, 2 * np.pi), np.radians(degrees)
    x, z = np.cos(way), np.sin(way)
    cross = np.array([[0, -z, 0], [z, 0, -x], [0, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _placed(
    thing: np.ndarray, parts: list[np.ndarray], gap: float, side: float, wall: bool, rng: np.random.Generator
) -> np.ndarray | None:
    """The thing where it keeps its distance from the others; None where no place is found."""
    from scipy.spatial import cKDTree

    reach = np.abs(thing[:, [0, 2]]).max(0)
    room = side / 2 - 0.1 - reach
    if (room <= 0).any():
        return None
    others = cKDTree(np.concatenate(parts)[:, [0, 2]]) if parts else None
    for _ in range(TRIES):
        spot = rng.uniform(-room, room)
        if wall:
            spot[1] = -side / 2 - thing[:, 2].min() + 0.01
        moved = thing + np.array([spot[0], 0, spot[1]])
        if others is None or others.query(moved[:, [0, 2]], distance_upper_bound=gap)[0].min() >= gap:
            return moved
    return None


def _on_table(
    model: Model, parts: list[np.ndarray], used: list[Model], gap: float, rng: np.random.Generator
) -> np.ndarray | None:
    """A small thing on the first table or desk, beside what is there; None where there is no room."""
    number = next((k for k, other in enumerate(used) if other.name in ("table", "desk")), None)
    if number is None:
        return None
    table = parts[number]
    height = np.ptp(table[:, 1])
    top = np.percentile(table[:, 1], 99)
    board = table[np.abs(table[:, 1] - top) < 0.03 * height]
    thing = turned(_sized(model, rng.uniform(0.15, 0.35)), rng.uniform(0, 2 * np.pi))[:700]
    for _ in range(TRIES):
        spot = board[rng.integers(len(board))]
        moved = thing + np.array([spot[0], top + 0.004, spot[2]])
        low, high = moved.min(0), moved.max(0)
        corners = np.array([(x, z) for x in (low[0], high[0]) for z in (low[2], high[2])])  # (4, 2) of its footprint
        near = np.linalg.norm(board[:, None, [0, 2]] - corners, axis=2).min(0)  # (4,) from the board
        things = [part for part in parts[number + 1 :] if part[:, 1].min() > 0.5 * top]
        free = all(
            np.linalg.norm(part[:, None, [0, 2]] - moved[None, ::20, [0, 2]], axis=2).min() > gap for part in things
        )
        if (near < 0.06).all() and free:
            return moved
    return None


def _room(side: float, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Floor and walls (M, 3)."""
    half, count = side / 2, int(recipe.density * side**2)
    floor = rng.uniform(-half, half, (count, 3))
    floor[:, 1] = recipe.waves * np.sin(2 * np.pi * floor[:, 0] / side + 1) * np.cos(2 * np.pi * floor[:, 2] / side)
    for _ in range(recipe.holes):
        middle, radius = rng.uniform(-half, half, 2), rng.uniform(0.2, 0.6)
        floor = floor[np.linalg.norm(floor[:, [0, 2]] - middle, axis=1) > radius]
    surfaces = [floor]
    high = rng.uniform(1.9, 2.6)
    for number in range(recipe.walls):
        wall = rng.uniform(-half, half, (int(recipe.density * side * high), 3))
        wall[:, 1] = rng.uniform(0, high, len(wall))
        wall[:, (2, 0)[number]] = -half
        surfaces.append(wall)
    return np.concatenate(surfaces)
