import pytest
import torch

from nimba.geometry import k_nearest
from nimba.geometry.neighbours import knn_batched
from tests.clouds_to_try import NASTY, UNEVEN, cloud, shuffled


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_compiled_equals_reference(kind):
    points = cloud(kind, count=100)
    centres, k = points[:, :10], min(16, points.shape[1])
    assert torch.equal(k_nearest(points, centres, k), knn_batched(points, centres, k))


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_neighbours_do_not_depend_on_the_order_of_the_points(kind):
    points = cloud(kind, count=100)
    other, centres = shuffled(points), points[:, :10]
    rows = torch.arange(len(points))[:, None, None]
    found = points[rows, k_nearest(points, centres, 12)]
    assert torch.equal(other[rows, k_nearest(other, centres, 12)], found)


def test_the_nearest_come_first_and_none_is_missed():
    points = cloud("random", batch=2, count=100)
    centres = points[:, :5] + 0.01
    found = k_nearest(points, centres, 10)
    distance = torch.cdist(centres, points)
    assert torch.allclose(distance.gather(2, found), distance.topk(10, largest=False).values)


def test_few_points_are_repeated_from_the_nearest_on():
    points = cloud("two", batch=1)
    assert k_nearest(points, points[:, :1], 5).tolist() == [[[0, 1, 0, 1, 0]]]


@pytest.mark.parametrize("at_once", [1, 130, 10**9])
def test_centres_taken_few_at_a_time_find_the_same(at_once):
    """All distances of a large cloud at once would not fit into a device's memory."""
    points = cloud("grid", batch=2, count=60)
    expected = knn_batched(points, points[:, ::7], 5)
    largest = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            found = function(*args, **(kwargs or {}))
            largest.extend(t.numel() for t in torch.utils._pytree.tree_leaves(found) if isinstance(t, torch.Tensor))
            return found

    with Watch():
        found = knn_batched(points, points[:, ::7], 5, at_once)
    assert torch.equal(found, expected)
    assert max(largest) <= 3 * max(at_once, points[..., 0].numel())
