import numpy as np
import pytest

from nimba.clouds.visibility import visible
from nimba.datasets.shapes.primitives import box, ellipsoid, move
from nimba.datasets.shapes.sampling import sample_surface
from nimba.datasets.shapes.scan import FLIP


def _camera(rng: np.random.Generator) -> np.ndarray:
    direction = rng.normal(size=3)
    return 3.0 * direction / np.linalg.norm(direction)


@pytest.mark.parametrize("seed", range(4))
def test_of_a_sphere_the_cap_before_the_tangents_is_seen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, camera = sample_surface(ellipsoid((1.0, 1.0, 1.0)), 3000, rng), _camera(rng)
    facing = points @ camera / 3.0  # the cosine; the tangents from distance 3 touch where it is 1 / 3
    seen = np.zeros(3000, dtype=bool)
    seen[visible(points, camera, FLIP)] = True
    assert seen[facing > 0.45].mean() > 0.97
    assert not seen[facing < 0.1].any()


def test_a_screen_hides_what_is_behind_it() -> None:
    rng = np.random.default_rng(0)
    screen = sample_surface(box((2.0, 2.0, 0.01)), 4000, rng)
    behind = sample_surface(move(box((0.5, 0.5, 0.5)), (0.0, 0.0, -1.0)), 500, rng)
    seen = visible(np.concatenate([screen, behind]), np.array([0.0, 0.0, 4.0]), FLIP)
    assert (seen >= 4000).sum() == 0
    assert (seen < 4000).sum() > 1000


def test_a_cloud_without_a_hull_is_seen_whole() -> None:
    camera = np.array([0.0, 0.0, 4.0])
    flat = np.column_stack([np.zeros(9), np.linspace(-1, 1, 9), np.zeros(9)])  # a line: in a plane with the camera
    for points in (np.zeros((1, 3)), np.zeros((7, 3)), flat):
        assert visible(points, camera, FLIP).tolist() == list(range(len(points)))
