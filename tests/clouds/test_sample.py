"""Resampling: as if the whole cloud were sorted, without sorting it."""

import numpy as np
import pytest

from nimba.clouds import resample
from nimba.clouds.sample import sorted_places

RNG = np.random.default_rng(9)


def sorted_whole(points, num_points, seed=0):
    ordered = points[np.lexsort(points.T[::-1])]
    rng = np.random.default_rng(seed)
    rounds = -(-num_points // len(points))
    return ordered[np.concatenate([rng.permutation(len(points)) for _ in range(rounds)])[:num_points]]


CLOUDS = {
    "any": RNG.normal(size=(5000, 3)),
    "ties": RNG.integers(0, 6, (5000, 3)),
    "flat": RNG.normal(size=(5000, 3)) * [0, 1, 1],
    "on a line": RNG.normal(size=(5000, 3)) * [0, 0, 1],
    "alike": np.ones((5000, 3)),
    "zeros of either sign": RNG.choice([-0.0, 0.0, 1.0], (5000, 3)),
    "one": np.ones((1, 3)),
    "two": np.array([[1, 2, 3], [1, 2, -3]]),
    "infinite": np.where(RNG.random((5000, 3)) < 0.1, np.inf, RNG.normal(size=(5000, 3))),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("count", [1, 7, 1024, 4999, 5000, 12_000])
def test_it_is_as_if_the_whole_cloud_were_sorted(name, count):
    points = CLOUDS[name].astype(np.float32)
    np.testing.assert_array_equal(
        resample(points, count, 3).view(np.int32), sorted_whole(points, count, 3).view(np.int32)
    )


@pytest.mark.parametrize("name", ["any", "ties", "flat"])
def test_the_order_of_the_points_does_not_matter(name):
    points = CLOUDS[name].astype(np.float32)
    np.testing.assert_array_equal(resample(points, 500), resample(points[RNG.permutation(len(points))], 500))


def test_ranks_may_repeat():
    points = CLOUDS["ties"].astype(np.float32)
    ranks = np.array([0, 4999, 17, 17, 0])
    np.testing.assert_array_equal(sorted_places(points, ranks), np.lexsort(points.T[::-1])[ranks])
