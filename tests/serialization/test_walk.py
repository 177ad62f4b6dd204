import numpy as np
import pytest
import torch

from nimba.geometry.ties import lexicographic_order
from nimba.serialization import serialize
from nimba.serialization.greedy import greedy_batched
from nimba.serialization.walk import VARIANTS, walk, walk_batched
from nimba.serialization.walk_cpu import GREEDY, walk_cpu
from nimba.serialization.walk_reference import walk_reference
from tests.clouds_to_try import NASTY, UNEVEN, cloud, take


def upward(points):
    return take(points, lexicographic_order(points, "y"))


def two_legs(count):
    """Two distant legs that take turns in y: the plain loop looks past all of the other leg, again and again."""
    points = torch.zeros(1, count, 3)
    points[..., 1] = torch.linspace(-1, 1, count)
    points[:, ::2, 0] = 1
    points[:, 1::2, 0] = -1
    return points


@pytest.mark.parametrize("r", [0.05, 0.3, 0.8, 50.0])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_fast_versions_equal_the_reference_loop(kind, variant, r):
    points = upward(cloud(kind))
    expected = np.stack([walk_reference(one.numpy(), r, variant) for one in points])
    assert np.array_equal(walk_batched(points, r, variant), expected)
    assert np.array_equal(walk(points, r, variant), expected)
    assert np.array_equal(walk_cpu(points.numpy(), r, VARIANTS.index(variant), large=0), expected)  # with the tree


@pytest.mark.parametrize("r", [0.02, 0.1, 0.8])
@pytest.mark.parametrize("variant", [*range(len(VARIANTS)), GREEDY])
@pytest.mark.parametrize("kind", ["random", "grid", "duplicates", "legs"])
def test_the_tree_equals_the_loop_on_larger_clouds(kind, variant, r):
    points = two_legs(3000) if kind == "legs" else cloud(kind, batch=2, count=3000)
    points = upward(points).numpy()
    assert np.array_equal(walk_cpu(points, r, variant, large=0), walk_cpu(points, r, variant, large=10**9))


def test_the_tree_keeps_to_double_precision():
    points = upward(cloud("random", batch=1, count=2000).double() * (1 + 1e-12))
    for variant in range(len(VARIANTS)):
        with_tree = walk_cpu(points.numpy(), 0.1, variant, large=0)
        assert np.array_equal(with_tree, walk_cpu(points.numpy(), 0.1, variant, large=10**9))


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_greedy_equals_its_reference(kind):
    points = upward(cloud(kind))
    expected = greedy_batched(points)
    assert np.array_equal(walk_cpu(points.numpy(), 1.0, GREEDY), expected)
    assert np.array_equal(walk_cpu(points.numpy(), 1.0, GREEDY, large=0), expected)


def test_greedy_goes_on_where_distances_overflow():
    points = torch.tensor([[[0, 0, 0], [0, 3e38, 0], [0, -3e38, 0], [0, 1, 0]]], dtype=torch.float32)
    expected = greedy_batched(upward(points))
    for large in (0, 100):
        assert np.array_equal(walk_cpu(upward(points).numpy(), 1.0, GREEDY, large), expected)


def test_nan_is_an_island_and_never_lost():
    points = cloud("random")
    points[:, 10] = torch.nan
    for variant in VARIANTS:
        order = walk(points, 0.8, variant)
        assert torch.equal(order.sort(1).values, torch.arange(60).expand_as(order))
        assert torch.equal(order, walk_batched(points, 0.8, variant))


def test_an_empty_cloud_has_an_empty_walk():
    assert walk(torch.zeros(2, 0, 3), 0.8).shape == (2, 0)


def test_first_hit_is_the_lowest_unplaced_within_r():
    """The identity that the compiled version rests on: with insertion, the unplaced stay sorted."""
    points = upward(cloud("random", batch=1, count=100))
    unplaced = list(range(1, 100))
    path = [0]
    while unplaced:
        near = [i for i in unplaced if (points[0, i] - points[0, path[-1]]).square().sum() < 0.8**2]
        path.append((near or unplaced)[0])
        unplaced.remove(path[-1])
    assert walk(points, 0.8)[0].tolist() == path


def test_legs_are_walked_one_after_the_other():
    points = two_legs(20_000)
    path = take(points, serialize(points))[0]
    assert (path[1:, 0] != path[:-1, 0]).sum() == 1
