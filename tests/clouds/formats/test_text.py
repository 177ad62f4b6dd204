"""Text as people and programs write it: the right points, or one line that says why not."""

import numpy as np
import pytest

from nimba.clouds import read_cloud
from tests.clouds.formats.files import POINTS, read, read_with_note, refuse, rows

PLAIN = rows(POINTS)
COMMAS = rows(POINTS, ";", form=".6f").replace(".", ",")
NAMED = rows(np.concatenate([POINTS[:, 2:], POINTS[:, :2]], 1), ",")
RIGHT = {
    "blanks": PLAIN,
    "no last line break": PLAIN.rstrip(),
    "Windows": PLAIN.replace("\n", "\r\n"),
    "old Macs": PLAIN.replace("\n", "\r"),
    "tabs": rows(POINTS, "\t"),
    "commas and blanks": rows(POINTS, " ,  "),
    "semicolons": rows(POINTS, ";"),
    "decimal commas, semicolons": COMMAS,
    "decimal commas, tabs": COMMAS.replace(";", "\t"),
    "decimal commas, blanks": COMMAS.replace(";", " "),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16, the other way round": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "Latin-1 in the header": "# Gr\xf6\xdfe\n".encode("latin-1") + PLAIN.encode(),
    "comments": PLAIN.replace("\n", " # a point\n", 3) + "// the end\n\n",
    "a count": f"{len(POINTS)}\n{PLAIN}",
    "CloudCompare": f"//X Y Z R G B\n{len(POINTS)}\n" + rows(POINTS, extra=" 1 2 3"),
    "a long header": "scanner: of the house\n" * 90 + PLAIN,
    "other columns": rows(POINTS, extra=" label \xe4 7"),
    "names in another order": "z,x,y\n" + NAMED,
    "names with units": "Z [m];X [m];Y [m]\n" + NAMED.replace(",", ";"),
    "quoted": '"x","y","z"\n' + "".join(",".join(f'"{v:.9g}"' for v in row) + "\n" for row in POINTS),
    "pandas": ",x,y,z\n" + "".join(f"{i},{line}\n" for i, line in enumerate(rows(POINTS, ",").splitlines())),
    "R": '"x" "y" "z"\n' + "".join(f'"{i}" {line}\n' for i, line in enumerate(PLAIN.splitlines(), 1)),
    "VeloView": '"id","Points:0","Points:1","Points:2"\n' + "".join(f"7,{v}\n" for v in rows(POINTS, ",").splitlines()),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_points_come_back(name, tmp_path):
    np.testing.assert_allclose(read(tmp_path / "a.txt", RIGHT[name]), POINTS, atol=1e-6)


NOTED = {
    "row numbers": ("".join(f"{i} {line}\n" for i, line in enumerate(PLAIN.splitlines(), 1)), "counts the rows"),
    "counts": (f"{len(POINTS)} 3 0\n{PLAIN}", "taken for a header"),
    "numbers of the columns": ("0,1,2\n" + rows(POINTS, ","), "taken for a header"),
    "NaN": (PLAIN + "nan 0 0\n", "1 of 31 points have NaN or infinite coordinates: left out"),
    "out of range": (PLAIN + "1e999 0 0\n", "1 of 31 points have NaN or infinite coordinates: left out"),
    "other names": ("a,b,c\n" + rows(POINTS, ","), r"'a, b, c' are taken for x, y and z"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_is_taken_for_granted_is_said(name, tmp_path):
    text, note = NOTED[name]
    np.testing.assert_allclose(read_with_note(tmp_path / "a.csv", text, note), POINTS, rtol=1e-6)


LINES = PLAIN.splitlines(keepends=True)
WRONG = {
    "an underscore, which Python takes for ten": (PLAIN + "1_0 2 3\n", "line 31 is not three numbers: '1_0 2 3'"),
    "a digit of another script": (PLAIN + "\uff11 2 3\n", "line 31 is not three numbers"),
    "a short row": ("".join([*LINES[:9], "1 2\n", *LINES[9:]]), "line 10 is not three numbers: '1 2'"),
    "a short row after a blank line": ("".join([*LINES[:9], "\n1 2\n"]), "line 11 is not three numbers"),
    "an empty column": (rows(POINTS, ",") + "1,,3\n", "line 31 is not three numbers"),
    "a last line that breaks off": (rows(POINTS, extra=" 7 7") + "1 2 3", "its last line breaks off"),
    "decimal commas later on": (PLAIN + "0,5 0,5 0,5\n", "its decimals have commas"),
    "commas for everything": ("0,05,0,12,0,3\n0,15,0,02,0,33\n", "commas between columns and in decimals"),
    "too few for its count": (f"31\n{PLAIN}", "its header says 31 points, 30 are there"),
    "two scans, one of them cut": (f"30\n{PLAIN}30\n{''.join(LINES[:9])}", "header says 60 points, 39 are there"),
    "a number alone, without a count before": (f"{PLAIN}30\n{PLAIN}", "line 31 is not three numbers: '30'"),
    "a cut scan before another": (f"30\n{PLAIN}30\n{PLAIN}30\n", "header says 90 points, 60 are there"),
    "words": ("one two three\n" * 200, "line 1 is not three numbers: 'one two three'"),
    "bytes": (bytes(range(256)) * 9, "bytes that no text has"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_points_is_refused(name, tmp_path):
    text, message = WRONG[name]
    refuse(tmp_path / "a.txt", text, message)


def test_a_large_text_is_read_in_pieces_alike(tmp_path, monkeypatch):
    from nimba.clouds.formats import rows as reader

    monkeypatch.setattr(reader, "_CHUNK", 7)
    np.testing.assert_allclose(read(tmp_path / "a.xyz", PLAIN), POINTS, rtol=1e-6)
    refuse(tmp_path / "b.xyz", PLAIN + "\nseven\n", "line 32 is not three numbers: 'seven'")


def test_a_name_that_is_not_utf8_is_read_and_refused_alike(tmp_path):
    file = tmp_path / b"\xff\xfe.xyz".decode("utf-8", "surrogateescape")
    assert read(file, PLAIN).shape == POINTS.shape
    refuse(file, "nothing", "not three numbers")
    assert read_cloud(file.with_name("a.xyz").write_text(PLAIN) and file.with_name("a.xyz")).shape == POINTS.shape
