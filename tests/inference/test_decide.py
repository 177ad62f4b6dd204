"""With the weights that are shipped: shapes that the package makes, in every pose."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import nimba
from nimba.clouds import normalise, resample
from nimba.clouds.pose import QUARTER, UP_AXES, Frame, turned, upright
from nimba.datasets.shapes import make_shape
from nimba.inference import Decider
from nimba.inference.vote import Vote
from nimba.runtime.errors import InputError


@pytest.fixture(scope="module")
def model():
    return nimba.load()


def shape(name="chair", seed=1, points=2000):
    """Y up, facing the front."""
    return make_shape(name, np.random.default_rng(seed), points)


def laid(points, up):
    """The same with another axis up."""
    return points @ upright(np.eye(3, dtype=np.float32), up).T


def named(model, decision):
    return model.spec.class_names[int(decision.probabilities.argmax())]


def decided(model, clouds, vote=True, **options):
    decider = Decider(model, **options)
    prepared = [decider.prepare(cloud) for cloud in clouds]
    return decider.decide(prepared, decider.vote(prepared) if vote else None)


def test_a_chair_is_one_whichever_way_it_faces(model):
    found = decided(
        model, [turned(shape(), angle) for angle in (0, QUARTER, 2 * QUARTER, 3 * QUARTER, 0.5)], up="y", vote=False
    )
    assert [named(model, one) for one in found] == ["chair"] * 5
    assert all(one.pose.up == "y" and one.pose.given and one.pose.confidence == 1 for one in found)


def test_a_mirror_image_is_the_same_thing(model):
    found = decided(model, [shape(), shape() * [-1, 1, 1]], up="y", vote=False)
    assert [named(model, one) for one in found] == ["chair", "chair"]


def test_a_folder_finds_its_up_axis_by_one_vote(model):
    names = ["chair", "table", "stool", "airplane", "bottle", "lamp", "bed", "chair", "table", "stool"]
    things = [shape(name, seed) for seed, name in enumerate(names)]
    for up in ("z", "-y", "-x"):
        found = decided(model, [laid(thing, up) for thing in things])
        assert [one.pose.up for one in found] == [up] * len(names), up
        assert not any(one.pose.given for one in found)


def test_the_vote_of_a_mixed_folder_leaves_each_cloud_to_itself(model):
    things = [laid(shape(name, 1), up) for name in ("chair", "stool") for up in UP_AXES]
    ups = [one.pose.up for one in decided(model, things)]
    assert sum(up == wanted for up, wanted in zip(ups, 2 * UP_AXES, strict=True)) >= 10


def test_decisions_do_not_depend_on_the_order_of_points(model):
    thing = turned(shape(), 0.3)
    shuffled = np.random.default_rng(0).permutation(thing)
    first, second = (decided(model, [cloud], vote=False)[0] for cloud in (thing, shuffled))
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert (first.unknown, first.pose) == (second.unknown, second.pose)


def test_decisions_do_not_depend_on_batch_mates(model):
    thing = turned(shape(), 0.3)
    alone = decided(model, [thing], vote=False)[0]
    beside = decided(model, [shape("table"), thing, shape("lamp")], vote=False)[1]
    np.testing.assert_allclose(alone.probabilities, beside.probabilities, atol=1e-5)
    assert (alone.pose.up, alone.pose.turn) == (beside.pose.up, beside.pose.turn)
    assert alone.unknown == pytest.approx(beside.unknown, abs=1e-4)


def test_units_and_places_do_not_matter(model):
    thing = shape()
    near, far = decided(model, [thing, thing.astype(np.float64) * 1000 + [4e5, 5e6, 100]], up="y", vote=False)
    np.testing.assert_allclose(near.probabilities, far.probabilities, atol=1e-3)


def test_one_turn_gives_the_networks_own_probabilities(model):
    thing = shape()
    found = decided(model, [thing], up="y", turns=1)[0]
    cloud = normalise(resample(thing, model.spec.num_points), model.spec.normalisation)
    with torch.inference_mode():
        logits = model(torch.from_numpy(cloud)[None])[0]
    expected = (logits / model.spec.calibration.temperature).softmax(0)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-4)
    assert found.pose.turn == 0


def test_probabilities_sum_to_one(model):
    found = decided(model, [shape("table"), shape("car")])
    np.testing.assert_allclose([one.probabilities.sum() for one in found], 1, rtol=1e-5)


def test_what_is_like_nothing_in_training_is_unknown(model):
    rng = np.random.default_rng(0)
    along = 40 * rng.random(2000)
    helix = np.stack([np.cos(along), along / 10, np.sin(along)], 1)
    strange = [rng.normal(size=(2000, 3)), rng.standard_cauchy((2000, 3)).clip(-9, 9), helix]
    found = decided(model, [*strange, shape(), shape("table"), shape("bottle")], up="y", vote=False)
    assert [one.is_unknown for one in found] == [True] * 3 + [False] * 3
    assert all((one.unknown > 0.5) == one.is_unknown for one in found)


def test_weights_without_calibration_know_nothing_of_unknown(model):
    try:
        kept, model.spec = model.spec, replace(model.spec, calibration=None)
        found = decided(model, [shape()], up="y")[0]
    finally:
        model.spec = kept
    assert found.unknown is None
    assert not found.is_unknown


def test_weights_of_a_folder_take_files_as_their_training_files_were(model):
    try:
        kept, model.spec = model.spec, replace(model.spec, frame=Frame(files_up="z"))
        decider = Decider(model)
        found = decided(model, [laid(shape(), "z")])[0]
    finally:
        model.spec = kept
    assert (decider.up, decider.turns) == ("z", 1)
    assert (found.pose.up, found.pose.given, found.pose.turn) == ("z", True, 0)


def test_an_axis_or_a_number_of_turns_that_there_is_not(model):
    with pytest.raises(InputError, match="up: 'w' is not one of auto, x"):
        Decider(model, up="w")
    with pytest.raises(InputError, match="turns: must be 1 or 4, got 3"):
        Decider(model, turns=3)


def test_no_clouds_are_no_decisions(model):
    assert decided(model, []) == []


@pytest.mark.parametrize("points", [1, 2, 5])
def test_hardly_any_points_are_decided_about_too(model, points):
    found = decided(model, [np.random.default_rng(0).random((points, 3))])[0]
    assert np.isfinite(found.probabilities).all()


def test_a_vote_survives_a_file(model):
    decider = Decider(model)
    clouds = [decider.prepare(laid(shape(name), "-y")) for name in ("chair", "table", "stool", "bed")]
    vote = decider.vote(clouds)
    again = Vote.from_dict(vote.to_dict())
    np.testing.assert_array_equal(vote.up, again.up)
    np.testing.assert_array_equal(vote.facing, again.facing)
    assert vote.clouds == again.clouds == len(clouds)
    np.testing.assert_allclose(vote.up.sum(), 1)
    np.testing.assert_allclose(vote.facing.sum(1), 1)


@pytest.mark.parametrize(
    "damage",
    [{"up": [1, 0]}, {"up": [1.0, 1, 0, 0, 0, 0]}, {"up": [-1.0, 2, 0, 0, 0, 0]}, {"facing": [[1, 0, 0, 0, 0]]},
     {"up": [float("nan")] * 6}, {"clouds": "many"}],
)  # fmt: skip
def test_a_damaged_vote_is_none(damage):
    with pytest.raises(ValueError, match=r"shares|invalid literal"):
        Vote.from_dict(Vote.of_files().to_dict() | damage)
