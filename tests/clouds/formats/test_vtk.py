"""VTK's legacy files in both versions of cells, as text and binary."""

import numpy as np
import pytest

from benchmarks.fuzz.seed_meshes import vtk
from nimba.clouds.formats.vtk_cells import lists_of
from nimba.clouds.read import read
from tests.clouds.formats.files import CUBE, POINTS, assert_cube, refuse, rows

SEEDS = [data for _, data in vtk()]
HEAD = "# vtk DataFile Version 3.0\nby hand\nASCII\nDATASET UNSTRUCTURED_GRID\n"


@pytest.mark.parametrize("number", [0, 2, 3, 4], ids=["text", "cells", "binary", "binary of version 5"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_cube_is_sampled_on_all_its_sides(number, end, tmp_path):
    data = SEEDS[number] if b"BINARY" in SEEDS[number] else SEEDS[number].replace(b"\n", end)
    (tmp_path / "a.vtk").write_bytes(data)
    reading = read(tmp_path / "a.vtk", num_samples=3000)
    assert reading.decided["kind"] == "mesh"
    assert_cube(reading.points)


def test_strips_are_sampled_on_their_surface(tmp_path):
    (tmp_path / "a.vtk").write_bytes(SEEDS[1])
    assert read(tmp_path / "a.vtk").decided["triangles"] == 10


def test_points_alone_are_a_cloud(tmp_path):
    (tmp_path / "a.vtk").write_bytes(SEEDS[5])
    assert read(tmp_path / "a.vtk").decided["kind"] == "points"
    grid = HEAD.replace("UNSTRUCTURED", "STRUCTURED") + f"DIMENSIONS 30 1 1\nPOINTS 30 float\n{rows(POINTS)}"
    (tmp_path / "a.vtk").write_text(grid)
    np.testing.assert_array_equal(read(tmp_path / "a.vtk").points, POINTS)


def test_pixels_and_volumes(tmp_path):
    points = f"POINTS 8 float\n{rows(CUBE)}"
    sides = ["0 1 2 3", "4 5 6 7", "0 1 4 5", "2 3 6 7", "0 2 4 6", "1 3 5 7"]
    pixels = "CELLS 6 30\n" + "".join(f"4 {side}\n" for side in sides) + "CELL_TYPES 6\n" + "8\n" * 6
    (tmp_path / "a.vtk").write_text(HEAD + points + pixels)
    assert_cube(read(tmp_path / "a.vtk", num_samples=3000).points)
    (tmp_path / "a.vtk").write_text(HEAD + points + "CELLS 1 9\n8 0 1 2 3 4 5 6 7\nCELL_TYPES 1\n11\n")
    reading = read(tmp_path / "a.vtk")
    assert len(reading.points) == 8
    assert "its cells are volumes" in reading.notes[0]


def test_lists_of_equal_and_of_different_lengths_are_taken_apart():
    for lists in ([[1, 2, 3]] * 4, [[1, 2], [3], [], [4, 5, 6]], []):
        flat = np.array([number for one in lists for number in (len(one), *one)], np.int64)
        counts, corners = lists_of(flat, len(lists))
        assert counts.tolist() == [len(one) for one in lists]
        assert corners.tolist() == [number for one in lists for number in one]


WRONG = {
    "another file": (b"nonsense", "does not begin as one"),
    "an image": (HEAD.replace("UNSTRUCTURED_GRID", "STRUCTURED_POINTS").encode(), "a STRUCTURED_POINTS"),
    "a lost end": (SEEDS[3][:-40], "of which the last are lost"),
    "a lost number": (SEEDS[0].replace(b"POLYGONS 8", b"POLYGONS 9"), "cells that break off"),
    "a word": (SEEDS[0].replace(b"1 1 1", b"1 one 1"), "not a number|numbers instead of"),
    "a corner that there is not": (SEEDS[0].replace(b"4 0 1 3 2", b"4 0 1 3 9"), "names vertex 9 of 8"),
    "more points than the limit": (SEEDS[3].replace(b"POINTS 8 ", b"POINTS 99999999 "), "above the limit"),
    "no points": (HEAD.encode(), "no POINTS"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_one_is_refused(name, tmp_path):
    refuse(tmp_path / "a.vtk", *WRONG[name])
