"""Stages of a cloud: prefixes of one order, and neighbours that can be looked up apart from the points."""

import torch

from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.pyramid import find_nearby, pyramid_of
from tests.clouds_to_try import NASTY, cloud, shuffled, take


def of(points, sizes=(24, 10, 4), count=5):
    sizes = [min(size, points.shape[1]) for size in sizes]
    return pyramid_of(points, find_nearby(points, farthest_point_sampling(points, sizes[0]), sizes, count))


def test_a_stage_is_the_cloud_sampled_to_its_size():
    points = cloud("random")
    pyramid = of(points)
    for stage, size in enumerate((24, 10, 4)):
        chosen = take(points, farthest_point_sampling(points, size))
        assert pyramid.size(stage) == size
        assert torch.equal(pyramid.points[:, :size], chosen)
        assert torch.equal(pyramid.tables[stage], k_nearest(chosen, chosen, 5))


def test_neighbourhoods_are_relative_and_the_first_stage_knows_the_height():
    points = cloud("random")
    pyramid = of(points)
    seen = pyramid.neighbourhoods(0)
    assert seen.shape == (3, 24, 5, 4)
    assert not seen[:, :, 0, :3].any()  # the nearest to a point is itself
    torch.testing.assert_close(seen[:, :, 0, 3], pyramid.points[..., 1] - points[..., 1].amin(1, keepdim=True))
    second = pyramid.neighbourhoods(1)
    around = torch.stack([p[t] for p, t in zip(pyramid.points, pyramid.tables[1], strict=True)])
    assert torch.equal(second, around - pyramid.points[:, :10, None])


def test_it_does_not_depend_on_the_order_of_the_points_to_the_last_bit():
    for kind in NASTY:
        points = cloud(kind) + 0.0
        one, other = of(points), of(shuffled(points))
        assert torch.equal(one.points, other.points), kind
        for stage in range(3):
            assert torch.equal(one.neighbourhoods(stage), other.neighbourhoods(stage)), kind


def test_points_that_nobody_sees_do_not_count():
    """Neighbours of a choice of a cloud's points are read from the whole cloud as from the choice alone."""
    points = cloud("random")
    nearby = find_nearby(points[:, :40], farthest_point_sampling(points[:, :40], 24), (24, 10, 4), 5)
    for ours, theirs in zip(pyramid_of(points, nearby)[:3], pyramid_of(points[:, :40], nearby)[:3], strict=True):
        assert torch.equal(ours, theirs)
