"""Text in all the ways that programs and people write points: each the right points, with a note where one is due."""

import warnings

import numpy as np
import pytest

from nimba.clouds.formats import text_clean
from nimba.clouds.read import read
from nimba.runtime.errors import InputError

N = 120
RNG = np.random.default_rng(8)
POINTS = np.round(RNG.normal(size=(N, 3)), 6)
GRID = POINTS + np.array([500_000, 5_400_000, 300])
X, Y, Z = (np.char.mod("%.6f", column) for column in POINTS.T)
NUMBERS = np.char.mod("%d", np.arange(1, N + 1))
NOISE = np.char.mod("%.3f", RNG.random(N) * 100)
COLOURS = [np.char.mod("%d", RNG.integers(0, 256, N)) for _ in range(3)]
WORDS = np.array(["chair", "table", "sofa"])[RNG.integers(0, 3, N)]


def table(*columns, by=" ", head="", end="\n", tail=""):
    return head + "".join(by.join(row) + tail + end for row in zip(*columns, strict=True))


def commas(*columns):
    return [np.char.replace(column, ".", ",") for column in columns]


def fortran(columns, letter="D"):
    return [np.char.replace(np.char.mod("%.9E", column.astype(float)), "E", letter) for column in columns]


def quoted(*columns, mark='"'):
    return [np.char.add(np.char.add(mark, column), mark) for column in columns]


XYZ = (X, Y, Z)
CXYZ = commas(*XYZ)
AS_WRITTEN = {
    # delimiters
    "pipes": table(*XYZ, by="|"),
    "pipes with blanks": table(*XYZ, by=" | ", head="X | Y | Z\n"),
    "commas and tabs": table(*XYZ, by=",\t"),
    "trailing commas": table(*XYZ, by=",", tail=","),
    "trailing commas under a header": table(*XYZ, by=",", tail=",", head="x,y,z,\n"),
    "trailing semicolons, decimal commas": table(*CXYZ, by=";", tail=";"),
    "trailing blanks": table(*XYZ, tail="  "),
    "aligned": table(*(np.char.rjust(column, 14) for column in XYZ)),
    "aligned under a header": table(*(np.char.rjust(c, 14) for c in XYZ), head="        X        Y        Z\n"),
    "tabs and a label with a blank": table(*XYZ, np.full(N, "a chair"), by="\t", head="x\ty\tz\tlabel\n"),
    # names
    "units in brackets": table(Z, X, Y, by=",", head="Z [m],X [m],Y [m]\n"),
    "units in parentheses": table(Y, X, Z, by=";", head="Y (mm);X (mm);Z (mm)\n"),
    "x_coord": table(NOISE, *XYZ, by=",", head="intensity,x_coord,y_coord,z_coord\n"),
    "pos_x": table(NUMBERS, Y, X, Z, by=",", head="id,pos_y,pos_x,pos_z\n"),
    "a survey": table(NUMBERS, Y, X, Z, WORDS, by=",", head="Point,Northing,Easting,Height,Code\n"),
    "a survey in German": table(*CXYZ, by=";", head="Rechtswert;Hochwert;Höhe\n"),
    "ROS": table(NOISE, *XYZ, by=",", head="%time,field.x,field.y,field.z\n"),
    "VeloView": table(NOISE, *XYZ, by=",", head='"t","Points_m_XYZ:0","Points_m_XYZ:1","Points_m_XYZ:2"\n'),
    "CloudCompare": table(*XYZ, *COLOURS, by=",", head="//X,Y,Z,R,G,B\n"),
    "CloudCompare with a count": table(*XYZ, *COLOURS, head=f"//X Y Z R G B\n{N}\n"),
    "colours first": table(*COLOURS, *XYZ, by=",", head="r,g,b,x,y,z\n"),
    "normals first": table(NOISE, NOISE, NOISE, Z, Y, X, head="nx ny nz z y x\n"),
    "a commented header": table(Y, Z, X, head="# made by hand\n# y z x\n"),
    "MATLAB's comment": table(Z, Y, X, head="% z y x\n"),
    "capitals and blanks": table(Z, X, Y, by=" , ", head="  Z ,  X , Y  \n"),
    "pandas' index": table(NUMBERS, Z, X, Y, by=",", head=",z,x,y\n"),
    "R's row names": table(*quoted(NUMBERS), Z, X, Y, by=" ", head='"z" "x" "y"\n'),
    "a byte order mark before names": "\ufeff" + table(Z, X, Y, by=",", head="z,x,y\n"),
    # decimals
    "decimal commas, semicolons, names": table(NUMBERS, *CXYZ, by=";", head="Nr;X;Y;Z\n"),
    "decimal commas, pipes": table(*CXYZ, by="|"),
    "decimal commas, tabs, labels": table(*CXYZ, WORDS, by="\t"),
    "decimal commas, blanks after a whole row": "0 0 0\n" + table(*(c[1:] for c in CXYZ)),
    "decimal commas in quotes": table(*quoted(*CXYZ), by=","),
    "Fortran": table(*fortran(XYZ)),
    "Fortran, small": table(*fortran(XYZ, "d"), by=","),
    "plus signs": table(*(np.char.replace(np.char.add("+", c), "+-", "-") for c in XYZ)),
    "a typographer's minus": table(*(np.char.replace(c, "-", "\u2212") for c in XYZ)),
    "hard blanks": table(*XYZ, by="\u00a0"),
    # quotes and brackets
    "all quoted": table(*quoted(*XYZ), by=","),
    "single quotes": table(*quoted(*XYZ, mark="'"), by=","),
    "quotes and tabs": table(*quoted(*XYZ), by="\t", head='"x"\t"y"\t"z"\n'),
    "Python's lists": "".join(f"{list(row)},\n" for row in POINTS.tolist()),
    "Python's tuples": "".join(f"{tuple(row)}\n" for row in POINTS.tolist()),
    # encodings and line ends
    "UTF-16 with a mark": table(*XYZ, head="x y z\n").encode("utf-16"),
    "UTF-16 without a mark": table(*XYZ).encode("utf-16-le"),
    "UTF-16 of the other order, without a mark": table(*XYZ, end="\r\n").encode("utf-16-be"),
    "UTF-32": table(*XYZ).encode("utf-32"),
    "Latin-1": table(*XYZ, np.full(N, "t\xfcr"), head="# H\xf6he\n").encode("latin-1"),
    "blank lines": table(*XYZ, end="\n\n"),
    "Windows, names": table(Z, X, Y, by=";", head="z;x;y\r\n", end="\r\n"),
    # counts and comments
    "a count": table(*XYZ, head=f"{N}\n"),
    "a count and a word": table(*XYZ, head=f"{N} points\n"),
    "two counts": table(*XYZ, head=f"{N} 3\n"),
    "scans with counts": table(*(c[:50] for c in XYZ), head="50\n") + table(*(c[50:] for c in XYZ), head="70\n"),
    "comments at the ends": table(*XYZ, tail=" // seen"),
    "labels behind": table(*XYZ, WORDS),
    "labels behind, commas": table(*XYZ, WORDS, by=","),
    "colours behind": table(*XYZ, *COLOURS, NOISE),
}  # fmt: skip


def written(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read(path)


@pytest.mark.parametrize("name", AS_WRITTEN)
@pytest.mark.parametrize("piece", [1 << 20, 700], ids=["whole", "in pieces"])
def test_the_points_come_back_without_a_note(name, piece, tmp_path, monkeypatch):
    monkeypatch.setattr(text_clean, "_BLOCK", piece)
    monkeypatch.setattr(text_clean, "HEAD", piece * 4)
    reading = written(tmp_path / "a.txt", AS_WRITTEN[name])
    expected = np.concatenate([[[0, 0, 0]], POINTS[1:]]) if "whole row" in name else POINTS
    np.testing.assert_allclose(reading.points, expected, atol=1e-6)
    assert reading.notes == ()
    assert len(reading.decided["columns"]) == 3


NOTED = {
    "row numbers": (table(NUMBERS, *XYZ), "first column counts the rows"),
    "row numbers from 0": (table(np.char.mod("%d", np.arange(N)), *XYZ, by=","), "first column counts the rows"),
    "row numbers with a fraction": (table(np.char.mod("%.1f", np.arange(N)), *XYZ), "first column counts the rows"),
    "row numbers, decimal commas": (table(NUMBERS, *CXYZ, by=";"), "first column counts the rows"),
    "row numbers and colours": (table(NUMBERS, *XYZ, *COLOURS, by="\t"), "first column counts the rows"),
    "counts of rows and columns": (table(*XYZ, head=f"{N} 3 0\n"), "first line is taken for a header"),
    "words first": (table(WORDS, *XYZ), "columns 2, 3, 4 are taken"),
    "names of points first, decimal commas": (table(np.char.add("P", NUMBERS), *CXYZ, by=";"), "columns 2, 3, 4 are"),
    "dates first": (table(np.full(N, "2026-11-27"), np.full(N, "10:00:00"), *XYZ), "columns 3, 4, 5 are taken"),
    "unknown names": (table(*XYZ, by=",", head="a,b,c\n"), "'a, b, c' are taken for x, y and z"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_was_taken_for_granted_is_said(name, tmp_path):
    text, note = NOTED[name]
    reading = written(tmp_path / "a.csv", text)
    np.testing.assert_allclose(reading.points, POINTS, atol=1e-6)
    assert len(reading.notes) == 1
    assert note in reading.notes[0]


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "N/A", "null", "None", "-nan(ind)", "1.#QNAN", "inf", ""])
def test_missing_coordinates_are_left_out_and_counted(word, tmp_path):
    holes = np.where(np.arange(N) % 6 == 5, word, Y)
    reading = written(tmp_path / "a.csv", table(X, holes, Z, by=",", head="x,y,z\n"))
    np.testing.assert_allclose(reading.points, np.delete(POINTS, np.s_[5::6], 0), atol=1e-6)
    assert reading.decided["dropped"] == {"not finite": 20}
    first = written(tmp_path / "a.csv", table(X[5:], holes[5:], Z[5:], by=",", head="x,y,z\n"))
    np.testing.assert_allclose(first.points, np.delete(POINTS, np.s_[5::6], 0)[5:], atol=1e-6)


def test_a_grid_whose_first_row_counts_is_no_index(tmp_path):
    """150 points along x in steps of one, then the next row: its first hundred lines look like numbers of rows."""
    x, y = (axis.ravel().astype(str) for axis in np.meshgrid(np.arange(150), np.arange(4)))
    heights = np.char.mod("%.3f", RNG.random(600))
    reading = written(tmp_path / "a.xyz", table(x, y, heights, heights))
    assert (np.ptp(reading.points, 0).round() == [149, 3, 1]).all()
    assert reading.decided["columns"] == [1, 2, 3]


def test_world_coordinates_keep_their_digits(tmp_path):
    reading = written(tmp_path / "a.xyz", table(*(np.char.mod("%.6f", c) for c in GRID.T)))
    np.testing.assert_allclose(reading.points - reading.points[0], POINTS - POINTS[0], atol=1e-6)
    assert reading.decided["shift"][1] > 5_000_000


def test_what_was_decided_is_told(tmp_path):
    decided = written(tmp_path / "a.csv", table(NUMBERS, *CXYZ, by=";", head="Nr;X [m];Y [m];Z [m]\n")).decided
    wanted = {"format": "text", "columns": ["X [m]", "Y [m]", "Z [m]"], "decimal": ",", "unit": "m"}
    assert {key: decided[key] for key in wanted} == wanted
    assert written(tmp_path / "b.pts", AS_WRITTEN["scans with counts"]).decided["scans"] == 2


REFUSED = {
    "commas for everything": ("0,05,0,12,0,3\n0,15,0,02,0,33\n" * 20, "commas between columns and in decimals"),
    "thousands": ("1,234.5;2,345.6;3,456.7\n" * 20, "line 1 is not three numbers"),
    "two columns": (table(X, Y), "line 1 is not three numbers"),
    "an empty field without a name": (table(*XYZ, by=",") + "1,,3\n", "is not three numbers: '1,,3'"),
    "a word between numbers": (table(*XYZ) + "1 zero 3\n", "line 121 is not three numbers: '1 zero 3'"),
    "a word far down": (table(*XYZ) * 30 + "1 zero 3\n" + table(*XYZ), "line 3601 is not three numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("piece", [1 << 20, 700], ids=["whole", "in pieces"])
def test_what_cannot_be_told_is_refused_with_its_line(name, piece, tmp_path, monkeypatch):
    monkeypatch.setattr(text_clean, "_BLOCK", piece)
    monkeypatch.setattr(text_clean, "HEAD", piece * 4)
    text, message = REFUSED[name]
    with pytest.raises(InputError, match=message) as caught:
        written(tmp_path / "a.txt", text)
    assert "\n" not in str(caught.value)
