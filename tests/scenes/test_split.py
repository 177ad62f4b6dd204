"""Scenes taken apart: what is on the floor is found, whatever the unit, the axis, the noise and the view."""

import dataclasses

import numpy as np
import pytest

from benchmarks.scene_maker import random_recipe
from benchmarks.scenes import furniture, made_scenes, overlaps, own_shapes, strangers
from nimba.runtime.errors import InputError
from nimba.scenes import SceneSettings, split_scene
from tests.scenes.made import DATA, UP, block, floor, made


def kinds(scene) -> list[str]:
    return [plane.kind for plane in scene.planes]


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
def test_nine_of_ten_things_are_found_in_scenes_of_all_kinds(partial):
    found = things = strange = 0
    for scene in made_scenes(own_shapes(24), 3 if partial else 2, partial):
        result = split_scene(scene.points, UP)
        shared = overlaps(scene, result)
        found += int((shared.max(1, initial=0) >= 0.5).sum())
        things += len(scene.models)
        strange += strangers(scene, result, shared)
    assert things >= 9
    assert found >= 0.9 * things
    assert strange <= 5


@pytest.mark.skipif(not (DATA / "wild").is_dir(), reason="no ../shared/data/wild here")
def test_nine_of_ten_pieces_of_real_furniture_are_found():
    found = things = 0
    for scene in made_scenes(furniture(DATA, "dev"), 2, True):
        shared = overlaps(scene, split_scene(scene.points, UP))
        found += int((shared.max(1, initial=0) >= 0.5).sum())
        things += len(scene.models)
    assert found >= 0.9 * things


def test_labels_planes_and_objects_agree():
    scene = split_scene(made().points, UP)
    assert kinds(scene) == ["floor", "wall"]
    for number, part in enumerate([*scene.planes, *scene.objects]):
        np.testing.assert_array_equal(np.flatnonzero(scene.labels == number), part.indices)
    assert scene.labels.min() >= -1
    assert scene.planes[0].normal @ np.array(UP) > 0.99
    for thing in scene.objects:
        np.testing.assert_array_equal(thing.points, scene.points[thing.indices])
        for box in (thing.box, thing.upright_box):
            inside = np.abs((thing.points - box.centre) @ box.axes.T) <= box.sides / 2 + 1e-9
            assert inside.all()
            np.testing.assert_allclose(np.linalg.det(box.axes), 1)
        assert thing.upright_box.sides[[0, 2]].prod() <= thing.box.sides[[0, 2]].prod() * 1.02  # the floor's tilt


def test_the_same_call_gives_the_same_scene_and_leaves_numpys_generator_alone():
    points = made(objects=3).points
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that of the whole process is meant
    first, second = split_scene(points), split_scene(points)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(("scale", "shift"), [(1000.0, 0.0), (1e-3, 0.0), (1.0, 4.5e6)], ids=["mm", "km", "UTM"])
def test_units_and_place_do_not_matter(scale, shift):
    points = made(objects=4, seed=1).points
    here, there = split_scene(points, UP), split_scene(points * scale + shift, UP)
    assert (here.labels == there.labels).mean() > 0.999
    np.testing.assert_allclose(there.settings.extent, here.settings.extent * scale, rtol=1e-6)


@pytest.mark.parametrize("axis", ["x", "y", "z", "-x", "-y", "-z"])
def test_up_is_found_on_all_six_axes(axis):
    points = made(objects=5, walls=2, seed=2).points
    number, sign = "xyz".index(axis[-1]), -1.0 if axis[0] == "-" else 1.0
    turned = np.roll(points, number - 1, axis=1)  # y goes to its place
    if sign < 0:
        turned[:, [number, (number + 1) % 3]] *= -1  # half a turn
    scene = split_scene(turned)
    assert scene.axis == axis
    level = scene.upright(0)
    assert np.ptp(level[:, 1]) == pytest.approx(scene.objects[0].upright_box.sides[1], rel=1e-3)


def test_a_cupboards_side_and_a_door_are_no_walls():
    rng = np.random.default_rng(0)
    door = block(rng, (-1.2, 1.0, -1.5), (0.9, 2.0, 0.04))  # stands free, at the scene's border
    cupboard = block(rng, (1.2, 1.0, -1.5), (1.2, 2.0, 0.5))
    table = block(rng, (0.5, 0.72, 1.0), (1.6, 0.04, 0.9))
    legs = [block(rng, (0.5 + x, 0.36, 1.0 + z), (0.05, 0.7, 0.05)) for x in (-0.7, 0.7) for z in (-0.4, 0.4)]
    scene = split_scene(np.concatenate([floor(rng), door, cupboard, table, *legs]), UP)
    assert kinds(scene) == ["floor"]
    assert len(scene.objects) == 3


def test_things_on_a_table_are_things_and_the_table_is_one_without_them():
    rng = np.random.default_rng(0)
    table = [block(rng, (0, 0.72, 0), (1.6, 0.04, 0.9))]
    table += [block(rng, (x, 0.36, z), (0.05, 0.7, 0.05)) for x in (-0.7, 0.7) for z in (-0.4, 0.4)]
    things = [block(rng, (x, 0.89, 0), (0.2, 0.3, 0.2)) for x in (-0.45, 0.0, 0.45)]
    scene = split_scene(np.concatenate([floor(rng), *table, *things]), UP)
    assert [thing.upon for thing in scene.objects] == [None, 0, 0, 0]
    assert [thing.on for thing in scene.objects] == [0, None, None, None]
    assert len(scene.objects[0].indices) > 4700


def test_a_scan_of_a_table_top_alone_has_its_things():
    rng = np.random.default_rng(0)
    legs = [block(rng, (x, -0.4, z), (0.05, 0.7, 0.05))[:200] for x in (-0.9, 0.9) for z in (-0.9, 0.9)]
    things = [block(rng, (x, 0.16, 0.1), (0.2, 0.3, 0.2)) for x in (-0.5, 0.0, 0.5)]
    scene = split_scene(np.concatenate([floor(rng, half=1.0), *legs, *things]), UP)
    assert kinds(scene) == ["table top"]
    assert len(scene.objects) == 3
    assert "below the plane" in scene.notes[0]


def test_a_lamp_whose_pole_has_few_points_is_one_thing():
    rng = np.random.default_rng(0)
    foot, shade = block(rng, (0, 0.05, 0), (0.4, 0.1, 0.4)), block(rng, (0, 1.6, 0), (0.5, 0.3, 0.5))
    pole = np.stack([np.zeros(6), np.linspace(0.2, 1.4, 6), np.zeros(6)], 1)
    other = block(rng, (1.2, 0.25, 0), (0.5, 0.5, 0.5))
    assert len(split_scene(np.concatenate([floor(rng), foot, pole, shade, other]), UP).objects) == 2


def test_a_ceiling_is_a_plane_of_its_own():
    rng = np.random.default_rng(0)
    things = [block(rng, (x, 0.5, 0), (0.5, 1, 0.5)) for x in (-1, 1)]
    for up in (UP, None):
        scene = split_scene(np.concatenate([floor(rng), floor(rng) + np.array([0, 2.5, 0]), *things]), up)
        assert kinds(scene) == ["floor", "other"]
        assert scene.axis == "y"
        assert len(scene.objects) == 2


def test_without_a_floor_there_are_pieces_and_a_note():
    rng = np.random.default_rng(0)
    ball = rng.normal(size=(800, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    scene = split_scene(np.concatenate([ball, ball + np.array([5.0, 0, 0])]), UP)
    assert not scene.planes
    assert len(scene.objects) == 2
    assert "no floor" in scene.notes[0]


def test_a_floor_alone_holds_nothing():
    scene = split_scene(floor(np.random.default_rng(0)), UP)
    assert not scene.objects
    assert (scene.labels == 0).all()


def test_settings_are_told_and_can_be_changed():
    points = made(objects=3).points
    settings = SceneSettings.of(points)
    assert "planes within" in settings.described()
    assert "\n" not in settings.described()
    assert not split_scene(points, UP, dataclasses.replace(settings, fewest=100_000)).objects
    with pytest.raises(InputError, match="reach"):
        dataclasses.replace(settings, reach=0.0)


def test_large_clouds_are_thinned_and_each_point_is_labelled():
    rng = np.random.default_rng(0)
    things = [np.repeat(block(rng, (x, 0.5, 0), (0.5, 1, 0.5)), 10, 0) for x in (-1, 1)]
    points = np.concatenate([floor(rng, count=60_000), *things])
    scene = split_scene(points + rng.normal(0, 0.002, points.shape), UP)
    assert scene.settings.voxel > 0
    assert len(scene.objects) == 2
    assert sum(len(thing.indices) for thing in scene.objects) > 16_000  # but their bases


@pytest.mark.parametrize(
    "points", [np.zeros((100, 3)), np.zeros((10, 3)), np.zeros((100, 2)), np.full((100, 3), np.nan)]
)
def test_what_is_no_cloud_is_refused_in_one_line(points):
    with pytest.raises(InputError) as caught:
        split_scene(points)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("up", [(0, 0, 0), (1, 2), (np.nan, 0, 1)])
def test_what_is_no_direction_is_refused(up):
    with pytest.raises(InputError, match="up"):
        split_scene(floor(np.random.default_rng(0)), up)


def test_duplicates_lines_and_strays_break_nothing():
    rng = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 1, 200), np.zeros(200), np.zeros(200)], 1)
    for points in (line, np.repeat(line[:3], 50, 0), rng.random((70, 3)), np.repeat(floor(rng)[:100], 5, 0)):
        for up in (UP, None):
            scene = split_scene(points, up)
            assert len(scene.labels) == len(points)


def test_recipes_come_from_their_generator_alone():
    assert random_recipe(np.random.default_rng(3), True) == random_recipe(np.random.default_rng(3), True)
