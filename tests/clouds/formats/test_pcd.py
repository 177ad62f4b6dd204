"""PCD in all its encodings, sizes, orders and layouts."""

import numpy as np
import open3d
import pytest

from nimba.clouds import read_cloud
from tests.clouds.formats.files import POINTS, read, read_with_note

KINDS = {"f4": "4 F", "f8": "8 F", "u1": "1 U", "u2": "2 U", "i4": "4 I"}


def literals(data: bytes) -> bytes:
    """LZF without a copy."""
    return b"".join(bytes([len(data[i : i + 32]) - 1]) + data[i : i + 32] for i in range(0, len(data), 32))


def pcd(encoding: str, fields: list[tuple[str, str, int]], points: np.ndarray, height: int = 1) -> bytes:
    """A PCD with these fields: name, type, count."""
    columns = []
    for name, kind, count in fields:
        values = points[:, "xyz".index(name)] if name in "xyz" else np.arange(len(points))
        columns.append(np.repeat(values.astype("<" + kind)[:, None], count, 1))
    sizes, types = zip(*(KINDS[kind].split() for _, kind, _ in fields), strict=True)
    head = "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\n"
    head += f"FIELDS {' '.join(name for name, _, _ in fields)}\nSIZE {' '.join(sizes)}\nTYPE {' '.join(types)}\n"
    head += f"COUNT {' '.join(str(count) for _, _, count in fields)}\nWIDTH {len(points) // height}\nHEIGHT {height}\n"
    head += f"VIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(points)}\nDATA {encoding}\n"
    if encoding == "ascii":
        body = "".join(
            " ".join(f"{v:.17g}" for c in columns for v in c[row].tolist()) + "\n" for row in range(len(points))
        ).encode()
    elif encoding == "binary":
        body = b"".join(column[row].tobytes() for row in range(len(points)) for column in columns)
    else:
        data = b"".join(column.tobytes() for column in columns)
        packed = literals(data)
        body = np.array([len(packed), len(data)], "<u4").tobytes() + packed + bytes(100)
    return head.encode() + body


FIELDS = {
    "plain": [("x", "f4", 1), ("y", "f4", 1), ("z", "f4", 1)],
    "doubles": [("x", "f8", 1), ("y", "f8", 1), ("z", "f8", 1)],
    "any order": [("ring", "u2", 1), ("z", "f4", 1), ("t", "f8", 3), ("x", "f8", 1), ("_", "u1", 7), ("y", "f4", 1)],
    "padding": [("x", "f4", 1), ("y", "f4", 1), ("z", "f4", 1), ("_", "u1", 4), ("_", "u1", 0), ("_", "u1", 15)],
}


@pytest.mark.parametrize("encoding", ["ascii", "binary", "binary_compressed"])
@pytest.mark.parametrize("name", FIELDS)
def test_x_y_and_z_are_found(encoding, name, tmp_path):
    np.testing.assert_array_equal(read(tmp_path / "a.pcd", pcd(encoding, FIELDS[name], POINTS)), POINTS)


@pytest.mark.parametrize("encoding", ["ascii", "binary", "binary_compressed"])
def test_an_organized_cloud_is_read_without_what_the_camera_did_not_see(encoding, tmp_path):
    holes = POINTS.copy()
    holes[::4] = np.nan
    data = pcd(encoding, FIELDS["plain"], holes, height=5)
    points = read_with_note(tmp_path / "a.pcd", data, "8 of 30 points have NaN or infinite coordinates: left out")
    np.testing.assert_array_equal(points, np.delete(POINTS, np.s_[::4], 0))


@pytest.mark.parametrize(("ascii", "compressed"), [(True, False), (False, False), (False, True)])
def test_what_open3d_writes_is_read(ascii, compressed, tmp_path):
    points = np.repeat(np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32), 4, 0)
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
    open3d.io.write_point_cloud(str(tmp_path / "a.pcd"), cloud, write_ascii=ascii, compressed=compressed)
    np.testing.assert_allclose(read_cloud(tmp_path / "a.pcd"), points, rtol=1e-5 if ascii else 0)
