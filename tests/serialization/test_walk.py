import numpy as np
import pytest
import torch

from nimba.serialization.ties import lexicographic_order
from nimba.serialization.walk import VARIANTS, walk, walk_batched
from nimba.serialization.walk_reference import walk_reference
from tests.clouds_to_try import NASTY, cloud, take


@pytest.mark.parametrize("r", [0.05, 0.3, 0.8, 50.0])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", NASTY)
def test_fast_versions_equal_the_reference_loop(kind, variant, r):
    points = cloud(kind)
    points = take(points, lexicographic_order(points, "y"))
    expected = np.stack([walk_reference(one.numpy(), r, variant) for one in points])
    assert np.array_equal(walk_batched(points, r, variant), expected)
    assert np.array_equal(walk(points, r, variant), expected)


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
    points = cloud("random", batch=1, count=100)
    points = take(points, lexicographic_order(points, "y"))
    unplaced = list(range(1, 100))
    path = [0]
    while unplaced:
        near = [i for i in unplaced if (points[0, i] - points[0, path[-1]]).square().sum() < 0.8**2]
        path.append((near or unplaced)[0])
        unplaced.remove(path[-1])
    assert walk(points, 0.8)[0].tolist() == path
