"""A ground under one thing is not classified with it, and a scene that is given as one thing says so."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

import nimba
from nimba.clouds.pose import UP_AXES, Frame
from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.inference.decide import known_up
from nimba.inference.grounding import direction, one_thing
from nimba.prediction.batches import CloudReader
from nimba.prediction.journal import Journal
from tests.scenes.made import DATA, block, floor, made


def on_a_floor(count: int = 1500) -> np.ndarray:
    """A chair of 1,000 points on a floor of ``count``, y up."""
    rng = np.random.default_rng(0)
    chair = make_shape("chair", rng, 1000)
    ground = floor(rng, half=2 * np.abs(chair[:, [0, 2]]).max(), count=count)
    ground[:, 1] = chair[:, 1].min()
    return rng.permutation(np.concatenate([chair, ground])).astype(np.float32)


def lying(points: np.ndarray, axis: str) -> np.ndarray:
    """A y-up cloud in a file with another axis up."""
    number, sign = "xyz".index(axis[-1]), -1.0 if axis[0] == "-" else 1.0
    turned = np.roll(points, number - 1, axis=1)
    if sign < 0:
        turned[:, [number, (number + 1) % 3]] *= -1
    return turned


@pytest.mark.parametrize("axis", UP_AXES)
@pytest.mark.parametrize("given", [True, False], ids=["given", "auto"])
def test_a_ground_is_taken_off_whichever_axis_is_up(model, axis, given):
    points = lying(on_a_floor(), axis)
    thing = one_thing(points, model.spec, axis if given else None)
    assert 950 <= len(thing.points) <= 1010
    taken = len(points) - len(thing.points)
    assert thing.notes == (f"took off a ground of {taken:,} points under the thing",)
    assert thing.decided == {"ground": {"points": taken, "up": axis}}
    assert (thing.points @ direction(axis)).min() > (points @ direction(axis)).min() - 1e-6


def test_the_ground_of_a_large_cloud_is_found_in_some_of_its_points(model):
    points = np.repeat(on_a_floor(), 40, 0)
    thing = one_thing(points + np.float32([500, 0, 0]), model.spec, None)
    assert 38_000 <= len(thing.points) <= 40_400


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_things_without_a_ground_stay_whole(model, name):
    points = make_shape(name, np.random.default_rng(1), 1024).astype(np.float32)
    for up in ("auto", "y"):
        thing = one_thing(points, model.spec, None if up == "auto" else up)
        assert thing.points is points
        assert not thing.notes
        assert not thing.decided


def test_a_ground_on_two_sides_is_none(model):
    """Of a post between two plates nobody can tell which is the ground, unless up is given."""
    rng = np.random.default_rng(0)
    post = block(rng, (0, 1, 0), (0.3, 2, 0.3))
    plates = np.concatenate([floor(rng, 2.0, 1500), floor(rng, 2.0, 1500) + np.array([0, 2, 0])])
    points = np.concatenate([post, plates]).astype(np.float32)
    assert one_thing(points, model.spec, None).points is points


def test_weights_of_ones_own_folder_take_clouds_as_the_folder_had_them(weights):
    model, points = nimba.load(weights), on_a_floor()
    model.spec = replace(model.spec, frame=Frame(files_up="y"))
    assert one_thing(points, model.spec, known_up(model.spec, "auto")).points is points


def test_one_and_a_folder_of_many_are_read_alike(model, tmp_path):
    np.save(tmp_path / "a.npy", on_a_floor())
    answer = model.classify(tmp_path / "a.npy")
    assert answer.points == 2500
    assert answer.decided["ground"]["up"] == "y"
    with closing(Journal(tmp_path)) as journal:
        read = CloudReader(tmp_path, model.spec, journal)["a.npy"]
    assert (read.points, read.notes, read.decided) == (2500, answer.notes, answer.decided)
    kept = model.classify(tmp_path / "a.npy", keep_clouds=True)[0].cloud
    np.testing.assert_array_equal(read.prepared.points, kept)


@pytest.mark.parametrize("up", ["auto", "y"])
def test_a_scene_given_as_one_thing_names_the_option(model, up):
    scene = made(objects=5).points.astype(np.float32)
    assert any("--objects" in note for note in one_thing(scene, model.spec, None if up == "auto" else up).notes)


@pytest.mark.skipif(not (DATA / "cases").is_dir(), reason="no ../shared/data/cases here")
@pytest.mark.parametrize("up", ["auto", "y"])
def test_the_chair_on_a_floor_is_a_chair(up):
    answer = nimba.load().classify(DATA / "cases" / "numbers" / "on_floor.npy", up=up)
    assert answer.label == "chair"
    assert any("ground" in note for note in answer.notes)
