"""Scans made from shapes: what is in them, what is not, and that they are the same each time."""

import numpy as np
import pytest

from nimba.datasets.scan_like import LEAST_POINTS, LEAST_SHARE, SCALE, TRANSLATION, _cut, _density, scan_like
from nimba.datasets.shapes import make_shape
from nimba.datasets.shapes.primitives import box, ellipsoid
from nimba.datasets.shapes.sampling import sample_surface


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def chair():
    return make_shape("chair", generator(), 1024)


def test_a_scan_is_a_function_of_its_generator(chair):
    first, again, other = (scan_like(chair, generator(seed)) for seed in (0, 0, 1))
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(5))
def test_the_hidden_side_and_what_is_outside_the_box_are_gone(seed):
    ball = sample_surface(ellipsoid((1.0, 1.0, 1.0)), 1024, generator(seed))
    points = scan_like(ball, generator(seed))
    assert len(points) >= LEAST_POINTS
    on_it = np.abs(np.linalg.norm(points, axis=1) - 1) < 0.1
    assert 64 < on_it.sum() < 0.75 * 1024  # of two views
    assert np.linalg.norm(points[on_it].mean(0)) > 0.2  # of the whole ball it is 0
    assert np.abs(points).max() < 1 + 2 * TRANSLATION + SCALE[1]


def test_some_of_what_is_around_comes_along(chair):
    low, high = chair.min(0), chair.max(0)
    across = np.linalg.norm((high - low)[[0, 2]]) / 2  # nothing of the chair is farther from its axis, however turned
    centre = (low + high)[[0, 2]] / 2
    scans = np.concatenate([scan_like(chair - [centre[0], 0, centre[1]], generator(seed)) for seed in range(20)])
    assert (np.linalg.norm(scans[:, [0, 2]], axis=1) > 1.1 * across).mean() > 0.02
    assert scans[:, 1].min() > low[1] - 0.2 * np.linalg.norm(high - low)  # the floor is where it stands


def test_a_box_keeps_its_share_of_the_object_or_is_that_of_the_object():
    points = generator().uniform(-1, 1, size=(500, 3))
    own = points[:, 0] < 0.5
    for seed in range(20):
        inside = _cut(points, own, np.array([-1.0, -1, -1]), np.array([0.5, 1, 1]), generator(seed))
        assert inside[own].sum() >= LEAST_SHARE * own.sum()
        assert inside.sum() >= LEAST_POINTS
    few = points[:20]  # no box can hold enough of them
    assert _cut(few, own[:20], -np.ones(3), np.ones(3), generator()).tolist() == own[:20].tolist()
    assert _cut(few, np.zeros(20, bool), -np.ones(3), np.ones(3), generator()).all()  # clutter before all of it


def test_the_density_is_that_of_a_uniform_surface():
    square = sample_surface(box((2.0, 1e-9, 2.0)), 4000, generator())  # both its sides: 4 each, and one place
    assert _density(square) == pytest.approx(1000, rel=0.1)
    assert _density(np.zeros((5, 3))) == 0
    assert _density(np.zeros((1, 3))) == 0


@pytest.mark.parametrize(
    "points",
    [np.ones((1, 3)), np.ones((9, 3)), np.array([[0, 0, 0], [0, 0, 1.0]]), np.eye(3)[:, [0, 2, 1]] * [1, 0, 1]],
    ids=["one point", "duplicates", "two points", "flat"],
)
def test_nasty_clouds_make_scans_too(points):
    scanned = scan_like(points.astype(np.float32), generator())
    assert scanned.shape[1:] == (3,)
    assert len(scanned) >= 1
    assert np.isfinite(scanned).all()
