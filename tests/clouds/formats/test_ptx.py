"""PTX: scans one after the other, each moved by its matrix, without what the scanner did not see."""

import numpy as np
import pytest

from nimba.clouds.read import read
from tests.clouds.formats.files import refuse

POINTS = np.random.default_rng(4).normal(size=(90, 3))
STILL = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
TURNED = "0 1 0 0\n-1 0 0 0\n0 0 1 0\n10 20 30 1\n"


def scan(points, matrix=STILL, columns=None, extra=" 0.5"):
    rows = "".join(" ".join(f"{value:.9g}" for value in row) + extra + "\n" for row in points)
    columns = columns or len(points) // 10
    return f"{columns}\n{len(points) // columns}\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n{matrix}{rows}"


@pytest.mark.parametrize("extra", ["", " 0.5", " 0.5 1 2 3"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_scans_are_joined_where_their_matrices_put_them(extra, end, tmp_path):
    text = scan(POINTS, extra=extra) + scan(POINTS, TURNED, extra=extra)
    (tmp_path / "a.ptx").write_bytes(text.replace("\n", end).encode())
    reading = read(tmp_path / "a.ptx")
    turned = np.stack([-POINTS[:, 1], POINTS[:, 0], POINTS[:, 2]], 1) + np.array([10, 20, 30])
    np.testing.assert_allclose(reading.points, np.concatenate([POINTS, turned]), atol=1e-5)
    assert (reading.notes, reading.decided["scans"], reading.decided["points_in_file"]) == ((), 2, 180)


def test_what_the_scanner_did_not_see_is_left_out_before_it_is_moved(tmp_path):
    holes = POINTS.copy()
    holes[::9] = 0
    (tmp_path / "a.ptx").write_text(scan(holes, TURNED))
    reading = read(tmp_path / "a.ptx")
    assert len(reading.points) == 80
    assert reading.notes == ("10 of 90 points are (0, 0, 0), where the scanner saw nothing: left out",)
    assert reading.decided["dropped"] == {"at the origin": 10}


WRONG = {
    "a lost end": (scan(POINTS)[:-200], "fewer lines than the 90 points of scan 1"),
    "a lost header": (scan(POINTS) + "9\n10\n0 0 0\n", "its last header breaks off"),
    "half a count": (scan(POINTS).replace("9\n10\n", "9.5\n10\n", 1), "scan 1 of 9.5 x 10 points"),
    "no end of columns": (scan(POINTS).replace("9\n10\n", "1e999\n10\n", 1), "scan 1 of inf x 10 points"),
    "no number of rows": (scan(POINTS).replace("9\n10\n", "9\nnan\n", 1), "scan 1 of 9 x nan points"),
    "a word": (scan(POINTS).replace("1 0 0 0", "1 0 zero 0", 1), "not 4 numbers"),
    "too many": (scan(POINTS).replace("9\n10\n", "90000\n1000000\n", 1), "above the limit"),
    "points without a header": ("1 2 3\n" * 100, "line 7 is not 4 numbers"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_damaged_one_is_refused(name, tmp_path):
    refuse(tmp_path / "a.ptx", *WRONG[name])
