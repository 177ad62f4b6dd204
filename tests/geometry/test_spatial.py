"""The order that trees stand on: no spread of the points makes their leaves large."""

import numpy as np
import pytest
import torch

from nimba.geometry import spatial_cpu
from nimba.geometry.spatial_cpu import spatial_order
from nimba.geometry.tree_cpu import LEAF, build_boxes
from tests.clouds_to_try import NASTY, UNEVEN, cloud

COUNT = 20_000


def shell(count=COUNT):
    """Points of a sphere's surface: (count, 3) float64."""
    points = np.random.default_rng(0).normal(size=(count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def with_outliers(count, distance):
    points = shell()
    points[:: COUNT // count][:count] *= distance * np.arange(1, count + 1)[:, None]
    return points


def in_clumps(distance):
    """The same shell as two or more small copies of itself, far apart."""
    points = shell()
    points[::2] += distance
    points[1::4] -= distance
    return points


SPREADS = {
    "one outlier": (with_outliers(1, 1e3), 1),
    "two outliers": (with_outliers(2, 1e6), 1),
    "a hundred outliers": (with_outliers(100, 1e2), 1),
    "one outlier beyond every grid": (with_outliers(1, 1e30), 1),
    "clumps": (in_clumps(1e3), 3),
    "clumps finer than any grid": (in_clumps(1e12), 3),
}


def size_of_leaves(points):
    """Sum of the longest sides of the leaves' boxes, the largest ones apart: those may reach to an outlier."""
    _, near = spatial_order(points[None], LEAF)
    boxes = build_boxes(near[0], LEAF)
    boxes = boxes[len(boxes) // 2 :][: -(-len(points) // LEAF)]
    return np.sort((boxes[:, 3:] - boxes[:, :3]).max(1))[:-120].sum()


@pytest.mark.parametrize("spread", SPREADS)
def test_leaves_stay_small_whatever_lies_far_away(spread):
    """One grid over the bounding box left all points but the outlier in a few cells, and trees became lists."""
    points, copies = SPREADS[spread]
    assert size_of_leaves(points) < 1.3 * copies**0.5 * size_of_leaves(shell())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_it_is_an_order_of_each_cloud(kind, dtype):
    points = cloud(kind, count=500).to(dtype).numpy()
    numbers, near = spatial_order(points, 8)
    assert np.array_equal(np.sort(numbers, 1), np.broadcast_to(np.arange(points.shape[1]), numbers.shape))
    assert np.array_equal(near, np.take_along_axis(points, numbers[..., None].astype(np.int64), 1))


@pytest.mark.parametrize("kind", ["random", "duplicates", "outliers", "clumps"])
def test_cutting_on_several_threads_changes_nothing(kind, monkeypatch):
    points = cloud(kind, batch=2, count=5000).numpy()
    expected = spatial_order(points, 8)
    monkeypatch.setattr(spatial_cpu, "SHARED", 64)
    for ours, theirs in zip(spatial_order(points, 8), expected, strict=True):
        assert np.array_equal(ours, theirs)


def test_coordinates_at_the_ends_of_double_precision():
    points = cloud("random", batch=1, count=300).double().numpy()
    for scale in (5e-324, 1e-310, 1.7e308):
        numbers, _ = spatial_order(points * scale, 8)
        assert np.array_equal(np.sort(numbers[0]), np.arange(300))
