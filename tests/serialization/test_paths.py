"""Short, spectral and FPS orders, which see distinct points only."""

import itertools

import numpy as np
import pytest
import torch

from nimba.geometry import farthest_point_sampling
from nimba.serialization import serialize
from nimba.serialization.distinct import distinct_points
from nimba.serialization.fiedler import connected_parts, fiedler_order, neighbour_weights
from tests.clouds_to_try import NASTY, cloud, take


def length(points, order):
    return take(points, order).diff(dim=1).norm(dim=2).sum(1)


@pytest.mark.parametrize("kind", NASTY)
def test_a_short_path_is_no_longer_than_the_greedy_one(kind):
    points = cloud(kind).double()
    assert (length(points, serialize(points, "short")) <= length(points, serialize(points, "greedy")) + 1e-9).all()


def test_a_short_path_is_close_to_the_shortest():
    points = cloud("random", batch=20, count=7).double()
    shortest = torch.stack(
        [length(points, torch.tensor([order]).expand(20, -1)) for order in itertools.permutations(range(7))]
    ).amin(0)
    found = length(points, serialize(points, "short"))
    assert (found >= shortest - 1e-9).all()
    assert (found / shortest).mean() < 1.03
    assert (length(points, serialize(points, "greedy")) / shortest).mean() > 1.05  # what there was to gain


def test_no_move_of_either_kind_shortens_a_short_path():
    points = cloud("random", batch=1, count=40).double()
    order = serialize(points, "short")
    best = length(points, order).item()
    row = order[0].tolist()
    for i in range(40):
        for j in range(i + 2, 41):
            turned = row[:i] + row[i:j][::-1] + row[j:]
            assert length(points, torch.tensor([turned])).item() > best - 1e-9
    for i in range(40):
        rest = row[:i] + row[i + 1 :]
        for j in range(40):
            moved = [*rest[:j], row[i], *rest[j:]]
            assert length(points, torch.tensor([moved])).item() > best - 1e-9


@pytest.mark.parametrize("order", ["short", "spectral"])
def test_a_line_is_walked_from_its_lower_end(order):
    points = torch.zeros(1, 400, 3)
    points[0, :, 1] = torch.rand(400, generator=torch.Generator().manual_seed(0)).cumsum(0)
    shuffle = torch.randperm(400, generator=torch.Generator().manual_seed(1))
    points = points[:, shuffle]
    assert (take(points, serialize(points, order))[0, :, 1].diff() >= 0).all()


def test_the_fiedler_vector_is_that_of_the_dense_laplacian():
    points = cloud("random", batch=1, count=600)[0].double().numpy()
    points[:, 0] *= 4  # a long cloud, whose second eigenvalue is well apart
    weights = neighbour_weights(points)
    laplacian = np.diag(weights.sum(1)) - weights.toarray()
    vector = np.linalg.eigh(laplacian)[1][:, 1]
    found = fiedler_order(weights)
    assert np.array_equal(found, np.argsort(vector)) or np.array_equal(found[::-1], np.argsort(vector))


def test_parts_that_no_edge_joins_are_kept_together():
    points = cloud("far", batch=1, count=80)
    parts = list(connected_parts(distinct_points(points[0])[0].double().numpy()))
    assert [len(members) for members, _ in parts] == [40, 40]
    path = take(points, serialize(points, "spectral"))[0]
    assert ((path[1:, 0] > 5) != (path[:-1, 0] > 5)).sum() == 1


def test_fps_order_begins_as_farthest_point_sampling_does():
    points = cloud("random")
    assert torch.equal(
        take(points, serialize(points, "fps"))[:, :20], take(points, farthest_point_sampling(points, 20))
    )


def test_equal_points_follow_each_other():
    points = cloud("duplicates")
    for order in ("short", "spectral", "fps"):
        path = take(points, serialize(points, order))
        same = (path == points[:, :1]).all(2)
        assert (same[:, 1:] != same[:, :-1]).sum(1).max() <= 2
