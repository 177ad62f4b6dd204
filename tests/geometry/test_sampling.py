import pytest
import torch

from nimba.geometry import farthest_point_sampling
from nimba.geometry.sampling import fps_batched
from tests.clouds_to_try import NASTY, UNEVEN, cloud, shuffled, take


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_compiled_equals_reference(kind):
    points = cloud(kind, count=100)
    assert torch.equal(farthest_point_sampling(points, 20), fps_batched(points, 20))


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_centres_do_not_depend_on_the_order_of_the_points(kind):
    points = cloud(kind, count=100)
    other = shuffled(points)
    expected = take(points, farthest_point_sampling(points, 20))
    assert torch.equal(take(other, farthest_point_sampling(other, 20)), expected)
    assert torch.equal(take(other, fps_batched(other, 20)), expected)


def test_each_centre_is_the_farthest_from_all_before():
    points = cloud("random", batch=1, count=100)
    chosen = take(points, farthest_point_sampling(points, 20))[0]
    for g in range(1, 20):
        nearest = torch.cdist(points[0], chosen[:g]).amin(1)
        assert torch.isclose(nearest.max(), torch.cdist(chosen[g : g + 1], chosen[:g]).min())


def test_points_near_the_origin_are_not_skipped():
    """A kernel in wide use leaves out points with |p|^2 <= 1e-3."""
    points = cloud("random", batch=1, count=40) * 1e-2
    assert farthest_point_sampling(points, 40)[0].unique().numel() == 40


def test_more_centres_than_points_repeat_points():
    points = cloud("two")
    assert farthest_point_sampling(points, 6).shape == (3, 6)
    assert farthest_point_sampling(points, 6)[:, :2].sort(1).values.tolist() == [[0, 1]] * 3
