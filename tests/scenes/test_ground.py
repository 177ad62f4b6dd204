"""The ground under one thing comes off; a thing's own flat base stays; a scene is told from a thing."""

import numpy as np
import pytest

from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.scenes import looks_like_scene, take_off_ground
from tests.scenes.made import DATA, UP, block, floor, made


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_ground_beyond_the_thing_is_taken_off(scale):
    rng = np.random.default_rng(0)
    chair = make_shape("chair", rng, 2000)
    reach = 1.5 * np.abs(chair[:, [0, 2]]).max()
    points = np.concatenate([chair, floor(rng, half=reach, count=1500)]) * scale
    left, note = take_off_ground(points, UP)
    assert note is not None
    assert "ground" in note
    assert 1800 < len(left) <= 2010


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_shapes_keep_their_own_bases(name):
    for seed in range(3):
        points = make_shape(name, np.random.default_rng(seed), 1024)
        left, note = take_off_ground(points, UP)
        assert note is None
        assert left is points
        assert looks_like_scene(points, UP) is None


def test_a_table_a_plate_and_a_slab_are_left_alone():
    rng = np.random.default_rng(0)
    plate = block(rng, (0, 0, 0), (1, 0.03, 1))
    mug_on_a_saucer = np.concatenate([block(rng, (0, 0.4, 0), (0.7, 0.8, 0.7)), block(rng, (0, 0, 0), (1, 0.02, 1))])
    table = np.concatenate([plate, block(rng, (0, -0.4, 0), (0.1, 0.8, 0.1))])
    for thing in (plate, mug_on_a_saucer, table):
        assert take_off_ground(thing, UP)[1] is None


@pytest.mark.parametrize("up", [None, UP])
def test_a_scene_says_so_and_names_the_option(up):
    sentence = looks_like_scene(made(objects=5).points, up)
    assert sentence is not None
    assert "--objects" in sentence
    assert "\n" not in sentence


def test_one_thing_on_a_floor_is_no_scene():
    rng = np.random.default_rng(0)
    assert looks_like_scene(np.concatenate([floor(rng), block(rng, (0, 0.5, 0), (1, 1, 1))]), UP) is None


def test_what_is_no_cloud_is_no_scene():
    assert looks_like_scene(np.zeros((100, 3))) is None
    assert looks_like_scene(np.zeros((3, 3))) is None


@pytest.mark.skipif(not (DATA / "cases").is_dir(), reason="no ../shared/data/cases here")
def test_the_chair_on_a_floor_loses_its_floor():
    points = np.load(DATA / "cases" / "numbers" / "on_floor.npy")
    assert len(take_off_ground(points, UP)[0]) == 1485


@pytest.mark.skipif(not (DATA / "wild").is_dir(), reason="no ../shared/data/wild here")
def test_real_furniture_keeps_its_bases():
    clouds = np.load(DATA / "wild" / "furniture_points.npz")["points"][::6].astype(np.float32)
    assert sum(take_off_ground(cloud, UP)[1] is not None for cloud in clouds) <= 1
