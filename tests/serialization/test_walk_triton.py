import pytest
import torch

from nimba.geometry.ties import lexicographic_order
from nimba.serialization.settings import VARIANTS
from nimba.serialization.walk import walk_batched
from tests.clouds_to_try import NASTY, cloud, take
from tests.interpreter import interpreted


def upward(points):
    return take(points, lexicographic_order(points, "y"))


@pytest.mark.parametrize("r", [0.2, 0.8])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", NASTY)
@interpreted
def test_equals_the_reference(kind, variant, r):
    from nimba.serialization.walk_triton import walk_triton

    points = upward(cloud(kind, batch=2, count=20))
    assert torch.equal(walk_triton(points, r, variant), walk_batched(points, r, variant))


@pytest.mark.parametrize("variant", VARIANTS)
@interpreted
def test_nan_is_an_island_and_never_lost(variant):
    from nimba.serialization.walk_triton import walk_triton

    points = cloud("random", count=20)
    points[:, 10] = torch.nan
    order = walk_triton(points, 0.8, variant)
    assert torch.equal(order.sort(1).values, torch.arange(20).expand_as(order))
    assert torch.equal(order, walk_batched(points, 0.8, variant))


@interpreted
def test_an_empty_cloud_has_an_empty_walk():
    from nimba.serialization.walk_triton import walk_triton

    assert walk_triton(torch.zeros(2, 0, 3), 0.8).shape == (2, 0)
