import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, inverse, serialize
from tests.clouds_to_try import NASTY, UNEVEN, cloud, shuffled, take


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_a_permutation(order, kind):
    points = cloud(kind)
    permutation = serialize(points, order)
    assert permutation.dtype == torch.int64
    every = torch.arange(points.shape[1]).repeat_interleave(
        ORDERS[order].copies
    )  # each number as often as it should be
    assert torch.equal(permutation.sort(1).values, every.expand_as(permutation))


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
@pytest.mark.parametrize("order", ORDERS)
def test_the_path_does_not_depend_on_the_order_of_the_input(order, kind):
    points = cloud(kind)
    other = shuffled(points)
    assert torch.equal(take(points, serialize(points, order)), take(other, serialize(other, order)))


@pytest.mark.parametrize("order", ORDERS)
def test_the_path_does_not_depend_on_batch_mates(order):
    points = cloud("random", batch=4)
    points[1:] *= 7  # a depth taken from the whole batch would move with these
    together = serialize(points, order)
    for alone, expected in zip(points, together, strict=True):
        assert torch.equal(serialize(alone, order), expected)


@pytest.mark.parametrize("variant", ["first", "nearest", "swap"])
@pytest.mark.parametrize("start", ["low", "high", 0, 7])
@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_settings_of_the_walk(axis, start, variant):
    points = cloud("random")
    permutation = serialize(points, axis=axis, start=start, variant=variant)
    ranks = points[..., "xyz".index(axis)].argsort(1)
    first = ranks[:, {"low": 0, "high": -1}.get(start, start)]
    assert torch.equal(permutation[:, 0], first)
    assert torch.equal(permutation.sort(1).values[0], torch.arange(60))


def test_the_walk_takes_a_near_centre_while_there_is_one():
    points = cloud("random", batch=1, count=200)
    order = serialize(points, r=0.5)[0]
    path = points[0, order]
    for place in range(len(path) - 1):
        remaining = (path[place + 1 :] - path[place]).norm(dim=1)
        if remaining[0] >= 0.5 + 1e-5:
            assert remaining.min() >= 0.5 - 1e-5


def test_a_turn_about_the_axis_changes_nothing():
    points = cloud("random").double()
    angle = torch.tensor(0.7, dtype=torch.float64)
    c, s = angle.cos(), angle.sin()
    turn = torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=torch.float64)
    for variant in ("first", "nearest", "swap"):
        assert torch.equal(serialize(points, variant=variant), serialize(points @ turn.T, variant=variant))


def test_axis_order_sorts():
    points = cloud("random")
    heights = take(points, serialize(points, "axis", axis="z"))[..., 2]
    assert (heights.diff(dim=1) >= 0).all()


def test_random_order_follows_its_seed():
    points = cloud("random")
    assert torch.equal(serialize(points, "random", seed=3), serialize(points, "random", seed=3))
    assert not torch.equal(serialize(points, "random", seed=3), serialize(points, "random", seed=4))


@given(st.permutations(range(9)))
@settings(max_examples=25, deadline=None)
def test_inverse(permutation):
    p = torch.tensor(permutation)
    assert torch.equal(p[inverse(p)], torch.arange(9))
    assert torch.equal(inverse(p)[p], torch.arange(9))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"order": "hilbrt"}, "did you mean 'hilbert'"),
        ({"r": 0.0}, "r:"),
        ({"r": float("nan")}, "r:"),
        ({"axis": "w"}, "axis:"),
        ({"variant": "last"}, "variant:"),
        ({"bits": 22}, "bits:"),
        ({"start": "middle"}, "start:"),
        ({"start": 60}, "start:"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(InputError, match=named):
        serialize(cloud("random"), **arguments)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_points_that_are_not_finite_are_refused(value):
    points = cloud("random")
    points[1, 2, 0] = value
    with pytest.raises(InputError, match="points"):
        serialize(points)


@pytest.mark.parametrize("points", [torch.zeros(4), torch.zeros(2, 5, 2), torch.zeros(2, 5, 3, dtype=torch.int64)])
def test_points_of_a_wrong_shape_are_refused(points):
    with pytest.raises(InputError, match="points"):
        serialize(points)


def test_points_whose_distances_underflow_still_have_a_place_in_the_order_fps():
    """FPS repeats the lowest point once all distances are 0; the places of the others were never written."""
    points = torch.tensor([[2e-30, 0, 0], [1, 0, 0], [0, 0, 0], [1e-30, 0, 0]])
    for _ in range(20):
        assert serialize(points, "fps").tolist() == [2, 1, 3, 0]
