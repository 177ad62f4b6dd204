"""The convex hull in a plane, beside scipy's."""

import time

import numpy as np
import pytest
from scipy.spatial import ConvexHull, QhullError

from nimba.clouds import pose
from nimba.clouds.hull import convex_hull
from nimba.clouds.pose import smallest_box_yaw


def scipy_s(points):
    """The reference: as ``convex_hull``, and the ends of a plan without area."""
    rows = np.unique(points, axis=0)
    try:
        corners = rows[ConvexHull(rows).vertices]
    except (QhullError, ValueError):
        return rows[[0, -1]] if len(rows) > 1 else rows
    return np.roll(corners, -np.lexsort((corners[:, 1], corners[:, 0]))[0], 0)


KINDS = {
    "normal": lambda p: p,
    "ties": lambda p: p.round(1),
    "grid": lambda p: p.round(),
    "duplicates": lambda p: np.repeat(p[:3], 5, 0),
    "one point many times": lambda p: np.repeat(p[:1], len(p), 0),
    "two points many times": lambda p: p[np.arange(len(p)) % 2 * (len(p) > 1)],
    "upright line": lambda p: p * [0, 1],
    "slanted line": lambda p: p[:, :1] * [3, 1],
    "circle": lambda p: p / np.linalg.norm(p, axis=1, keepdims=True),
    "needle": lambda p: p * [1e-6, 1] + [3, 0],
    "outlier": lambda p: np.concatenate([p[1:], p[:1] * 1e6]),
    "far away": lambda p: p + np.array([500_000, 5_000_000]),
    "tiny": lambda p: p * 1e-30,
    "turned walls": lambda p: np.c_[p[:, 0].round(), p[:, 1]] @ [[0.8, -0.6], [0.6, 0.8]],
    "an axis nearly flat": lambda p: p * [1, 1e-38],
}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 63, 64, 900])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_scipy_s_corner_by_corner(kind, count, monkeypatch):
    for seed in range(5):
        plan = KINDS[kind](np.random.default_rng(seed).standard_normal((count, 2)))
        plan = plan.astype(np.float32).astype(np.float64)  # as clouds are
        expected = scipy_s(plan)
        assert np.array_equal(convex_hull(plan), expected)
        assert np.array_equal(convex_hull(plan[::-1]), expected)
        cloud = np.insert(plan, 1, 0, axis=1)
        with monkeypatch.context() as patch:
            patch.setattr(pose, "convex_hull", scipy_s)
            expected_yaw = smallest_box_yaw(cloud)
        assert smallest_box_yaw(cloud) == expected_yaw


@pytest.mark.parametrize("angle", [0.1, 0.7, 2.0])
def test_a_line_that_only_rounding_widens_has_two_ends(angle):
    line = np.linspace(-1, 1, 500)[:, None] * [np.cos(angle), np.sin(angle)] + [7, -3]
    assert len(convex_hull(line)) == 2


def test_it_is_quick():
    """It is part of every answer: thinned out first, a thousand points take less than a millisecond."""
    plan = np.random.default_rng(0).standard_normal((1024, 2))
    took = []
    for _ in range(20):
        begin = time.perf_counter()
        convex_hull(plan)
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.003  # with room for machines that do something else, too


def test_a_round_plan_of_many_corners_takes_no_square_of_them():
    angles = np.random.default_rng(0).random(20_000) * 2 * np.pi
    disc = np.c_[np.cos(angles), np.zeros(len(angles)), np.sin(angles)]
    begin = time.perf_counter()
    assert abs(smallest_box_yaw(disc)) < 0.02
    assert time.perf_counter() - begin < 3  # 20,000 edges by 20,000 corners took 12 s, and gigabytes
