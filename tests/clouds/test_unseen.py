"""Rows that are no points are left out, and counted; points that happen to lie at the origin stay."""

import numpy as np
import pytest

from nimba.clouds.read import read
from nimba.runtime.errors import InputError

RNG = np.random.default_rng(5)
POINTS = RNG.normal(size=(200, 3)).astype(np.float32)


def saved(path, points):
    np.save(path, points)
    return path


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, 2, slice(None)])
def test_rows_that_are_not_finite_are_dropped_and_counted(value, axis, tmp_path):
    holes = POINTS.copy()
    holes[10:30, axis] = value
    reading = read(saved(tmp_path / "a.npy", holes))
    np.testing.assert_array_equal(reading.points, np.delete(POINTS, np.s_[10:30], 0))
    assert reading.notes == ("20 of 200 points have NaN or infinite coordinates: left out",)
    assert reading.decided["dropped"] == {"not finite": 20}
    assert reading.decided["points_in_file"] == 200


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_zeros_of_a_depth_camera_are_dropped_and_counted(dtype, tmp_path):
    points = (POINTS * 1000).round().astype(dtype)
    image = np.concatenate([points, np.zeros((70, 3), dtype)])[RNG.permutation(270)]
    reading = read(saved(tmp_path / "a.npy", image))
    assert reading.points.shape == (200, 3)
    assert len(reading.notes) == 1
    assert reading.notes[0].startswith("70 of 270 points are exactly (0, 0, 0)")
    assert reading.decided["dropped"] == {"at the origin": 70}


def test_both_are_counted_apart(tmp_path):
    both = np.concatenate([POINTS, np.zeros((50, 3)), np.full((40, 3), np.nan)]).astype(np.float32)
    assert read(saved(tmp_path / "a.npy", both)).decided["dropped"] == {"not finite": 40, "at the origin": 50}


def test_zeros_in_a_national_grid_do_not_blur_it(tmp_path):
    far = np.concatenate([POINTS + np.array([5e5, 5.4e6, 0]), np.zeros((50, 3))])
    points = read(saved(tmp_path / "a.npy", far)).points
    np.testing.assert_allclose(points - points[0], POINTS - POINTS[0], atol=1e-6)


@pytest.mark.parametrize(
    "points",
    [
        np.concatenate([POINTS, np.zeros((8, 3))]),  # a handful
        np.repeat(np.indices((5, 5, 5)).reshape(3, -1).T, 12, axis=0),  # a grid, each of its points as often
        np.concatenate([POINTS, np.tile([0, 0, 1e-6], (50, 1))]),
    ],
    ids=["a handful", "a grid", "near the origin"],
)
def test_points_at_the_origin_that_may_be_points_stay(points, tmp_path):
    reading = read(saved(tmp_path / "a.npy", points))
    assert (len(reading.points), reading.decided["dropped"]) == (len(points), {})


@pytest.mark.parametrize("value", [0, np.nan])
def test_a_cloud_of_which_hardly_anything_is_left_is_refused(value, tmp_path):
    points = POINTS.copy()
    points[10:] = value
    with pytest.raises(InputError, match=r"190 of 200 points .*; hardly any is left"):
        read(saved(tmp_path / "a.npy", points))


def test_many_points_are_looked_at_in_pieces_alike(tmp_path, monkeypatch):
    from nimba.clouds import unseen

    monkeypatch.setattr(unseen, "_BLOCK", 7)
    image = np.concatenate([POINTS, np.zeros((50, 3), np.float32)])
    np.testing.assert_array_equal(read(saved(tmp_path / "a.npy", image)).points, POINTS)
