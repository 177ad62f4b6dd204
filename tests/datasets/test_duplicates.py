"""Clouds that a data set holds twice are found, and what only looks alike is not taken for one."""

import json

import numpy as np
import pytest

from nimba.datasets.duplicates import find_duplicates
from nimba.datasets.near_duplicates import near_pairs, sketch
from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.runtime.errors import InputError


def shapes(count, seed=0, points=1024):
    """Clouds of all classes in turn, no specimen twice."""
    return [
        make_shape(CLASS_NAMES[i % 12], np.random.default_rng([seed, i]), points, variant="clean") for i in range(count)
    ]


def found(items, splits, labels, **options):
    return find_duplicates(items, [f"{i}" for i in range(len(items))], splits, labels, **options)


def test_equal_files_and_reordered_points_are_found_leaks_first(tmp_path):
    a, b, c = shapes(3)
    for name, points in {"a": a, "a-copy": a, "b": b, "b-shuffled": b[::-1], "c": c}.items():
        np.save(tmp_path / f"{name}.npy", points)
    names = ["a", "a-copy", "b", "b-shuffled", "c"]
    paths = [tmp_path / f"{name}.npy" for name in names]
    looked: list[int] = []
    groups = find_duplicates(
        paths, names, ["train", "train", "train", "test", "test"], ["x"] * 5, progress=looked.append
    )
    assert [(group.kind, [one.id for one in group.members]) for group in groups] == [
        ("points", ["b", "b-shuffled"]),
        ("file", ["a", "a-copy"]),
    ]
    assert [group.is_leak for group in groups] == [True, False]
    assert len(looked) == 5
    assert json.loads(json.dumps(groups[0].to_dict()))["clouds"][1] == {
        "file": "b-shuffled",
        "split": "test",
        "label": "x",
    }


def test_a_cloud_with_two_labels_comes_before_one_with_a_single_label():
    a, b = shapes(2)
    groups = found([a, a, b, b], ["train"] * 4, ["x", "x", "x", "y"])
    assert [group.is_contradiction for group in groups] == [True, False]


def test_a_wider_group_is_told_beside_the_narrower(tmp_path):
    (a,) = shapes(1)
    for name, points in {"1": a, "2": a, "3": a[::-1]}.items():
        np.save(tmp_path / f"{name}.npy", points)
    groups = found([tmp_path / f"{i}.npy" for i in (1, 2, 3)], ["train"] * 3, ["x"] * 3)
    assert [(group.kind, len(group.members)) for group in groups] == [("file", 2), ("points", 3)]


def test_files_that_cannot_be_read_are_compared_by_their_bytes(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.ply").write_text("no cloud")
    groups = found([tmp_path / "a.ply", tmp_path / "b.ply", tmp_path / "missing.ply"], ["train"] * 3, ["x"] * 3)
    assert [(group.kind, len(group.members)) for group in groups] == [("file", 2)]


def test_near_duplicates_are_found_and_no_other_specimen_is():
    clouds = shapes(60)
    rng = np.random.default_rng(1)
    planted = {
        3: clouds[3][rng.permutation(1024)[:600]] * 2 + 5,  # part of the points, elsewhere, in other units
        17: clouds[17] + rng.normal(size=(1024, 3)).astype(np.float32) * 0.004 * np.ptp(clouds[17], axis=0).max(),
        30: make_shape(CLASS_NAMES[30 % 12], np.random.default_rng([0, 30]), 1500),  # the same specimen, other points
    }
    groups = found([*clouds, *planted.values()], ["train"] * 60 + ["test"] * 3, ["x"] * 63)
    pairs = {tuple(one.place for one in group.members) for group in groups}
    assert pairs == {(origin, 60 + number) for number, origin in enumerate(planted)}
    assert all(group.kind == "near" and group.is_leak for group in groups)
    assert not found([*clouds, *planted.values()], ["train"] * 63, ["x"] * 63, near=False)


def test_things_that_are_all_alike_are_no_duplicates():
    rng = np.random.default_rng(0)
    balls = [rng.normal(size=(800, 3)) for _ in range(40)]
    balls = [ball / np.linalg.norm(ball, axis=1, keepdims=True) for ball in balls]
    assert near_pairs([sketch(ball) for ball in balls]) == []


def test_as_many_labels_as_clouds():
    with pytest.raises(InputError, match="2 ids"):
        find_duplicates(shapes(1), ["a", "b"], ["train"], ["x"])
