"""Shapes as points: one of a class, or the whole split, each a pure function of its seed."""

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import numpy as np

from nimba.datasets.cache import Cloud
from nimba.datasets.shapes import furniture, objects
from nimba.datasets.shapes.primitives import Triangles, turn
from nimba.datasets.shapes.sampling import sample_surface
from nimba.datasets.shapes.scan import scan
from nimba.runtime.errors import InputError

GENERATOR_VERSION = 2
"""Raised with every change of the shapes, so that older caches are built again."""

SHAPES: dict[str, Callable[[np.random.Generator], list[Triangles]]] = {
    "airplane": objects.airplane,
    "bed": furniture.bed,
    "bench": furniture.bench,
    "bottle": objects.bottle,
    "car": objects.car,
    "chair": furniture.chair,
    "lamp": objects.lamp,
    "mug": objects.mug,
    "plant": objects.plant,
    "shelf": furniture.shelf,
    "stool": furniture.stool,
    "table": furniture.table,
}
CLASS_NAMES = list(SHAPES)
SPLIT_CODES = {"train": 0, "test": 1}
STRETCH = 0.5
"""Each axis is stretched by exp(uniform(-STRETCH, STRETCH)): the proportions of the classes overlap."""

Variant = Literal["clean", "scan", "both"]


def make_shape(
    name: str,
    rng: np.random.Generator,
    num_points: int,
    *,
    variant: Literal["clean", "scan"] = "clean",
    yaw: bool = False,
) -> np.ndarray:
    """A random specimen of a class, as points on its surface.

    Args:
        name: one of ``CLASS_NAMES``.
        rng: where all its randomness comes from.
        num_points: number of points.
        variant: "clean": uniform by area; "scan": what a camera sees of it, noise and surroundings included. The same
            ``rng`` gives the same specimen in both.
        yaw: turn it by any angle around y (up); else it faces the front or the back.

    Returns:
        (num_points, 3) float32, in the specimen's own frame: y up, on the floor y = 0, not normalised.

    Raises:
        InputError: an unknown name or variant, or fewer than two points.
    """
    if name not in SHAPES:
        raise InputError(f"shape {name!r}: give one of {', '.join(SHAPES)}")
    if variant not in ("clean", "scan"):
        raise InputError(f"variant is {variant!r}: give clean or scan")
    if num_points < 2:
        raise InputError(f"num_points is {num_points}: give 2 or more")
    triangles = np.concatenate(SHAPES[name](rng)) * np.exp(rng.uniform(-STRETCH, STRETCH, size=3))  # (T, 3, 3)
    triangles[..., 1] -= triangles[..., 1].min()
    angle = rng.uniform(0.0, 2 * np.pi)
    facing = angle if yaw else np.pi * np.floor(angle / np.pi)  # to the front or to the back
    triangles = turn(triangles, 1, facing)
    points = (scan if variant == "scan" else sample_surface)(triangles, num_points, rng)
    return points.astype(np.float32)


def make_split(
    split: str, size: int, *, variant: Variant = "clean", num_points: int = 1024, data_seed: int = 0, yaw: bool = False
) -> Iterator[Cloud]:
    """The samples of a split: (points (num_points, 3) float32, label, id), the classes taking turns.

    Sample i is a pure function of (data_seed, split, i): its class is i modulo the number of classes, its generator is
    seeded with all three, and no two splits share a seed. With "both", the rounds of classes alternate between the
    variants.

    Raises:
        InputError: an unknown split or variant, a size below 1 or a negative seed.
    """
    if split not in SPLIT_CODES:
        raise InputError(f"split is {split!r}: give one of {', '.join(SPLIT_CODES)}")
    if variant not in get_args(Variant):
        raise InputError(f"variant is {variant!r}: give one of {', '.join(get_args(Variant))}")
    if size < 1:
        raise InputError(f"{split}_size is {size}: give 1 or more")
    if data_seed < 0:
        raise InputError(f"data_seed is {data_seed}: give 0 or more")
    return (_sample(split, index, variant, num_points, data_seed, yaw) for index in range(size))


def _sample(split: str, index: int, variant: Variant, num_points: int, data_seed: int, yaw: bool) -> Cloud:
    round_of_classes, label = divmod(index, len(CLASS_NAMES))
    own: Literal["clean", "scan"] = ("clean", "scan")[round_of_classes % 2] if variant == "both" else variant
    rng = np.random.default_rng(np.random.SeedSequence([data_seed, SPLIT_CODES[split], index]))
    points = make_shape(CLASS_NAMES[label], rng, num_points, variant=own, yaw=yaw)
    return points, label, f"{split}/{index:05d}-{CLASS_NAMES[label]}-{own}"
