"""Files of lidars: LAS, LAZ, and KITTI's bare floats."""

import io

import numpy as np
import pytest

from nimba.clouds import read_cloud
from tests.clouds.formats.files import POINTS, read, refuse

laspy = pytest.importorskip("laspy")
GRID = np.array([500_123.25, 5_412_345.5, 312.0])


def las(points: np.ndarray, compress: bool, version: str = "1.4", point_format: int = 6) -> bytes:
    content = laspy.LasData(laspy.LasHeader(version=version, point_format=point_format))
    content.header.offsets, content.header.scales = points.mean(0).round(), (1e-5,) * 3
    content.x, content.y, content.z = points.T
    file = io.BytesIO()
    content.write(file, do_compress=compress)
    return file.getvalue()


@pytest.mark.parametrize(("version", "point_format"), [("1.2", 0), ("1.2", 3), ("1.4", 6)])
@pytest.mark.parametrize("suffix", [".las", ".laz"])
def test_coordinates_of_a_grid_are_not_blurred(suffix, version, point_format, tmp_path):
    data = las(POINTS.astype(float) + GRID, suffix == ".laz", version, point_format)
    points = read(tmp_path / f"a{suffix}", data)
    np.testing.assert_allclose(points - points[0], POINTS - POINTS[0], atol=2e-5)


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_that_breaks_off_is_refused(compress, tmp_path):
    data = las(POINTS.astype(float), compress)
    for cut in (1, 200, len(data) - 300, len(data) - 100):
        refuse(tmp_path / "a.laz", data[:-cut], "not a readable LAS")


def test_a_laz_whose_decoder_dies_is_refused(tmp_path):
    data = bytearray(las(POINTS.astype(float), True))
    points = int.from_bytes(data[96:100], "little")
    table = int.from_bytes(data[points : points + 8], "little")
    data[table + 4 : table + 8] = b"\xff\xff\xff\x5f"  # so many chunks that no memory has room for their table
    refuse(tmp_path / "a.laz", bytes(data), "its points cannot be unpacked: memory allocation of .* failed")


def test_more_points_than_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NIMBA_MAX_POINTS", "20")
    refuse(tmp_path / "a.las", las(POINTS.astype(float), False), "30 points, above the limit of 20")


def test_kitti_is_rows_of_four_floats(tmp_path):
    rows = np.c_[POINTS, np.linspace(0, 1, len(POINTS))].astype("<f4")
    np.testing.assert_array_equal(read(tmp_path / "a.bin", rows.tobytes()), POINTS)
    refuse(tmp_path / "b.bin", rows.tobytes()[:-4], "no rows of four floats")
    refuse(tmp_path / "c.bin", np.random.default_rng(0).bytes(1600), "numbers beyond range")
    (tmp_path / "d.bin").touch()
    refuse(tmp_path / "d.bin", b"", "holds no points")
    assert len(read_cloud(tmp_path / "a.bin")) == 30
