"""The check that every cloud passes, whatever its format: finite as float32, and not blurred by it."""

import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.clouds.check import finished
from nimba.clouds.formats.content import Content
from nimba.runtime.errors import InputError
from tests.clouds.formats.files import CUBE, POINTS, QUADS, assert_cube, read, refuse, rows

EXACT = POINTS.astype(np.float64)
TRIANGLES = np.array([face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))])


@pytest.mark.parametrize("scale", [1e300, 1e40, 1e31, 1e-31, 1e-45, 1e-300, 1.5e308])
def test_an_extent_that_float32_does_not_hold_is_refused(scale, tmp_path):
    file = tmp_path / "a.npy"
    with np.errstate(over="ignore"):
        scaled = EXACT * scale
    np.save(file, scaled)
    refuse(file, file.read_bytes(), "scale them to a length near 1|NaN or infinite")
    refuse(tmp_path / "a.xyz", rows(scaled), "scale them to a length near 1|NaN or infinite")
    mesh = f"OFF\n8 6 0\n{rows((CUBE - 0.5) * scale)}" + "".join(f"4 {a} {b} {c} {d}\n" for a, b, c, d in QUADS)
    refuse(tmp_path / "a.off", mesh, "scale them to a length near 1|NaN or infinite")


@pytest.mark.parametrize("scale", [1e29, 1.0, 1e-29])
def test_any_other_extent_is_read(scale, tmp_path):
    np.testing.assert_allclose(read(tmp_path / "a.xyz", rows(EXACT * scale)), EXACT * scale, rtol=1e-6)


GRID = np.array([500_123.25, 5_412_345.5, 312.0])


@pytest.mark.parametrize("offset", [GRID, -GRID, GRID * 1e6, [0, 0, 1e5]])
def test_points_far_from_the_origin_are_not_blurred(offset, tmp_path):
    moved = EXACT + offset
    np.save(tmp_path / "a.npy", moved)
    points = read_cloud(tmp_path / "a.npy")
    span = points - points[0]
    np.testing.assert_allclose(span, moved - moved[0], atol=1e-6)
    assert np.abs(points).max() < 10


def test_points_near_the_origin_stay_where_they_are(tmp_path):
    moved = POINTS + np.float32([20, -30, 5])
    np.save(tmp_path / "a.npy", moved)
    assert np.array_equal(read_cloud(tmp_path / "a.npy"), moved)


def test_a_mesh_far_from_the_origin_is_sampled_where_it_is(tmp_path):
    faces = "".join(f"4 {a} {b} {c} {d}\n" for a, b, c, d in QUADS)
    points = read(tmp_path / "a.off", f"OFF\n8 6 0\n{rows(CUBE + GRID, form='.12g')}{faces}")
    assert_cube(points + 0.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Content(np.zeros((8, 2))), r"\(8, 2\); a cloud is \(N, 3\)"),
        (Content(np.zeros(3)), r"\(3,\); a cloud is \(N, 3\)"),
        (Content(np.zeros((8, 3), complex)), "complex"),
        (Content(np.zeros((8, 3), bool)), "bool"),
        (Content(np.zeros((0, 3))), "holds no points"),
        (Content(EXACT[:1]), "a single one"),
        (Content(np.ones((8, 3))), "all 8 points are the same"),
        (Content(EXACT, declared=31), "says 31 points, 30 are there"),
        (Content(EXACT, np.array([[0, 1, 30]])), "a face names vertex 30 of 30"),
        (Content(EXACT, np.array([[0, 1, -1]])), "a face names vertex -1 of 30"),
        (Content(np.vstack([CUBE, [[np.nan] * 3]]), np.vstack([TRIANGLES, [[0, 1, 8]]])), "1 of 9 vertices have NaN"),
        (Content(CUBE, np.zeros((5, 3), int)), "all 1 vertices|a single one"),
        (Content(CUBE, np.array([[0, 1, 1]] * 5)), "no surface"),
    ],
)
def test_what_no_reader_should_bring_is_refused(content, message, tmp_path):
    with pytest.raises(InputError, match=message):
        finished(tmp_path / "a.any", content, 100, 0)


@pytest.mark.parametrize("kind", ["f2", "f4", ">f8", "g", "i1", "u2", "i8"])
def test_any_type_of_number_is_taken(kind, tmp_path):
    numbers = (EXACT * 20).round().astype(kind)
    points, notes, _ = finished(tmp_path / "a.any", Content(numbers), 100, 0)
    assert (points.dtype, notes) == (np.float32, ())
    np.testing.assert_array_equal(points, numbers.astype(np.float32))


def test_many_points_are_cast_in_pieces_alike(tmp_path, monkeypatch):
    from nimba.clouds import check

    monkeypatch.setattr(check, "_BLOCK", 7)
    points, _, _ = finished(tmp_path / "a.any", Content(EXACT), 100, 0)
    np.testing.assert_array_equal(points, POINTS)
