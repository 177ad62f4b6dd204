"""A cloud with next to no shape is named as such, whatever a network would call it."""

import numpy as np
import pytest

from nimba.clouds.shapeless import check_shape
from nimba.runtime.errors import InputError

RNG = np.random.default_rng(1)
CLOUD = RNG.normal(size=(20_000, 3)).astype(np.float32)
ANY_WAY = np.linalg.qr(RNG.normal(size=(3, 3)))[0].astype(np.float32)


def told(tmp_path, points):
    return check_shape(tmp_path / "a.npy", np.asarray(points, np.float32))


def test_a_cloud_with_a_shape_gets_no_note(tmp_path):
    assert told(tmp_path, CLOUD) == []
    assert told(tmp_path, CLOUD[:65]) == []
    assert told(tmp_path, CLOUD * [1, 0.1, 0.01] @ ANY_WAY) == []  # a board is no plane
    assert told(tmp_path, CLOUD * [1, 0.01, 0.01] @ ANY_WAY) == []  # nor a rod a line


@pytest.mark.parametrize("scale", [1e-29, 1.0, 1e29])
def test_a_plane_and_a_line_are_seen_at_any_angle_and_scale(scale, tmp_path):
    (note,) = told(tmp_path, CLOUD * [1, 1, 0] @ ANY_WAY * scale)
    assert note.startswith("all points lie in a plane")
    with pytest.raises(InputError, match=r"a\.npy: all points lie on a line"):
        told(tmp_path, CLOUD * [1, 0, 0] @ ANY_WAY * scale)


@pytest.mark.parametrize(("flat", "shape"), [([1, 1, 0], "plane"), ([1, 0, 0], "line")])
def test_a_few_points_outside_a_plane_or_a_line_are_not_overlooked(flat, shape, tmp_path):
    points = CLOUD * flat
    points[7] += [0, 1, 1]  # of which those that are looked at first are too few to have it
    points[9] += [0, 1, -1]
    assert told(tmp_path, points) == []


@pytest.mark.parametrize("points", [[[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 0, 0], [0, 1, 0]] * 3000])
def test_fewer_than_four_distinct_points_are_refused(points, tmp_path):
    with pytest.raises(InputError, match=r"a\.npy: [23] distinct points; a shape needs more"):
        told(tmp_path, points)


def test_few_points_are_named(tmp_path):
    assert told(tmp_path, CLOUD[:64]) == ["only 64 distinct points: too few to be sure of any shape"]
    assert told(tmp_path, np.tile(CLOUD[:10], (50, 1))) == ["only 10 distinct points: too few to be sure of any shape"]


def test_points_that_are_nearly_all_alike_are_named(tmp_path):
    points = CLOUD.copy()
    points[np.arange(len(points)) % 25 != 0] = 7
    (note,) = told(tmp_path, points)
    assert "of the points are one and the same" in note


def test_strays_that_leave_a_speck_of_the_cloud_are_named(tmp_path):
    points = CLOUD.copy()
    points[7] = 1e4
    (note,) = told(tmp_path, points)
    assert "strays" in note
