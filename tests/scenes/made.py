"""Scenes for tests: of NIMBA's own shapes, and of other people's models where the data is there."""

from pathlib import Path

import numpy as np

from benchmarks.scene_maker import MadeScene, Recipe, make_scene
from benchmarks.scenes import own_shapes

_NEAR = [up / "shared" / "data" for up in Path(__file__).resolve().parents[3:5]]
DATA = next(filter(Path.is_dir, _NEAR), _NEAR[0])  # beside the project, or beside the folder of its worktrees
UP = (0.0, 1.0, 0.0)


def made(seed: int = 0, **changes) -> MadeScene:
    """Five shapes on a floor before a wall, or as ``changes`` of the recipe say."""
    recipe = Recipe(**{"density": 150.0, **changes})
    return make_scene(own_shapes(2 * recipe.objects, seed, points=1024), recipe, np.random.default_rng(seed))


def floor(rng: np.random.Generator, half: float = 2.0, count: int = 4000) -> np.ndarray:
    """A level square (count, 3) at y = 0."""
    return rng.uniform(-half, half, (count, 3)) * [1, 0, 1]


def block(
    rng: np.random.Generator, middle: tuple[float, float, float], sides: tuple[float, float, float]
) -> np.ndarray:
    """The surface of a box (1000, 3)."""
    points = rng.uniform(-0.5, 0.5, (1000, 3))
    axis = rng.integers(0, 3, 1000)
    points[np.arange(1000), axis] = rng.choice([-0.5, 0.5], 1000)
    return points * sides + middle
