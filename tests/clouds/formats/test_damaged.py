"""Files that once crashed the process, hung, or came back as points out of nowhere."""

from pathlib import Path

import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError
from tests.clouds.formats.files import POINTS, refuse, rows

FAULTS = sorted((Path(__file__).parents[1] / "faults").iterdir())


@pytest.mark.parametrize("file", FAULTS, ids=lambda file: file.name)
def test_a_file_that_broke_a_reader_is_refused(file):
    with pytest.raises(InputError, match=str(file)) as caught:
        read_cloud(file)
    assert str(caught.value).isprintable()


PLY_HEAD = f"ply\nformat ascii 1.0\nelement vertex {len(POINTS)}\n"
XYZ = "property float x\nproperty float y\nproperty float z\n"


@pytest.mark.parametrize("length", range(0, len(PLY_HEAD + XYZ) + 10, 7))
def test_a_ply_cut_in_its_header_does_not_hang(length, tmp_path):
    whole = PLY_HEAD + XYZ + "end_header\n" + rows(POINTS)
    refuse(tmp_path / "a.ply", whole[:length], "not a readable PLY|without vertices")


PLYS = {
    "no face in the list": ("element face 3\nproperty list uchar int vertex_indices\n", "", "too few lines"),
    "a second x": ("property float x\n", "", "two properties 'x'"),
    "a count that is too high": ("element extra 5\nproperty int a\n", "1\n2\n", "'extra' has too few lines"),
    "a cut extra element": (
        "element extra 2\nproperty int a\nproperty int b\n",
        "1 2\n3\n",
        "'extra' has a line with too few",
    ),
    "lines behind the end": ("", "1 2 3\n", "more lines than the header"),
    "a list without length": (
        "element face 1\nproperty list uchar int vertex_indices\n",
        "x 1 2 3\n",
        "a list without its length",
    ),
    "floats for corners": (
        "element face 1\nproperty list uchar float vertex_indices\n",
        "3 0 1 2\n",
        "no list of whole numbers",
    ),
    "an unknown type": ("property quaternion q\n", "", "a property of type 'quaternion'"),
    "an element without properties": ("element nothing 5\n", "", "it holds 5 of 'nothing'"),
}


@pytest.mark.parametrize("name", PLYS)
def test_a_ply_that_contradicts_itself_is_refused(name, tmp_path):
    extra, tail, message = PLYS[name]
    refuse(tmp_path / "a.ply", PLY_HEAD + XYZ + extra + "end_header\n" + rows(POINTS) + tail, message)


def test_a_ply_without_z_is_refused(tmp_path):
    flat = XYZ.replace("property float z\n", "")
    refuse(tmp_path / "a.ply", PLY_HEAD + flat + "end_header\n" + rows(POINTS[:, :2]), "no number z, only x, y")


@pytest.mark.parametrize(
    ("count", "message"), [(29, "bytes more than the header"), (31, "holds 31 of 'vertex'"), (10**12, "holds 1,0")]
)
def test_a_binary_ply_whose_count_lies_is_refused(count, message, tmp_path):
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n{XYZ}end_header\n".encode()
    refuse(tmp_path / "a.ply", head + POINTS.tobytes(), message)


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_binary_ply_cut_in_its_lists_is_refused(cut, tmp_path):
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(POINTS)}\n{XYZ}element face 4\n"
    faces = b"".join(bytes([n]) + np.arange(n, dtype="<i4").tobytes() for n in (3, 4, 5, 3))
    whole = head.encode() + b"property list uchar int vertex_indices\nend_header\n" + POINTS.tobytes() + faces
    refuse(tmp_path / "a.ply", whole[:-cut], "not a readable PLY .*complete")


def pcd_head(encoding: str, points: int = 30, **lines: str) -> str:
    told = {"FIELDS": "x y z", "SIZE": "4 4 4", "TYPE": "F F F", "COUNT": "1 1 1", "WIDTH": str(points), "HEIGHT": "1"}
    told |= {"POINTS": str(points)} | lines
    return "VERSION 0.7\n" + "".join(f"{key} {value}\n" for key, value in told.items()) + f"DATA {encoding}\n"


PACKED = np.uint32([0, 360]).tobytes()
PCDS = {
    "cut text": (pcd_head("ascii") + rows(POINTS[:-1]), "29 of 30 points are there"),
    "text cut in a line": (pcd_head("ascii") + rows(POINTS)[:-28], "the last line has not 3 numbers|points are there"),
    "text that goes on": (pcd_head("ascii") + rows(POINTS) + "1 2 3\n", "31 of 30 points"),
    "cut binary": (pcd_head("binary").encode() + POINTS.tobytes()[:-1], "29 of 30 points are there"),
    "binary that goes on": (pcd_head("binary").encode() + POINTS.tobytes() + b"\1" * 12, "more than the 30 points"),
    "doubles that are floats": (pcd_head("binary", SIZE="8 8 8").encode() + POINTS.tobytes(), "15 of 30 points"),
    "a size that none has": (pcd_head("binary", SIZE="3 4 4").encode() + POINTS.tobytes(), "SIZE 3 and TYPE 'F'"),
    "too few sizes": (pcd_head("binary", SIZE="4").encode() + POINTS.tobytes(), "3 FIELDS, 1 SIZE"),
    "no z": (pcd_head("binary", FIELDS="x y w").encode() + POINTS.tobytes(), "its fields: x, y, w"),
    "another product": (pcd_head("binary", HEIGHT="2").encode() + POINTS.tobytes(), "30 x 2 points are not 30"),
    "a negative count": (pcd_head("binary", WIDTH="-30").encode() + POINTS.tobytes(), "WIDTH '-30'"),
    "no data": (pcd_head("binary").replace("DATA binary\n", ""), "no line DATA"),
    "compressed, nothing there": (pcd_head("binary_compressed"), "says 0 bytes"),
    "compressed, empty": (pcd_head("binary_compressed").encode() + PACKED, "0 bytes in place of 360"),
    "compressed, cut": (
        pcd_head("binary_compressed").encode() + np.uint32([99, 360]).tobytes() + b"\1",
        "says 99 bytes",
    ),
}


@pytest.mark.parametrize("name", PCDS)
def test_a_pcd_that_contradicts_itself_is_refused(name, tmp_path):
    data, message = PCDS[name]
    refuse(tmp_path / "a.pcd", data, message)


OFF = "OFF\n4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n3 0 2 3\n"
STL = b"cube".ljust(80) + np.uint32(2).tobytes() + np.ones(100, np.uint8).tobytes()
OTHERS = {
    "a.off": (OFF[:-8], "lines for 4 vertices"),
    "b.off": (OFF.replace("3 0 2 3", "4 0 2 3"), "faces that are not whole numbers"),
    "c.off": (OFF.replace("3 0 2 3", "3 0 2 9"), "a face names vertex 9 of 4"),
    "d.off": (OFF.replace("4 2 0", "99999999999 2 0"), "above the limit"),
    "e.off": (OFF + "3 0 1 2\n", "8 lines|7 lines"),
    "f.off": (OFF.replace("OFF", "OFF BINARY"), "not a readable OFF"),
    "a.obj": ("v 0 0 0\nv 1 0 0\nv 0 1\nf 1 2 3\n", "vertex 3 is not three numbers"),
    "b.obj": ("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2\n", "a face of 2 corners"),
    "c.obj": ("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "counted from 1"),
    "d.obj": ("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 -4\n", "a face names vertex -1 of 3"),
    "a.stl": (STL[:-1], "not those of 2 triangles"),
    "b.stl": (
        "solid\nfacet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nendloop\nendfacet\nendsolid\n",
        "2 vertex",
    ),
    "c.stl": ("solid\nfacet normal 0 0 0\nouter loop\nvertex 0 0 0\n", "0 endsolid"),
    "a.glb": (b"glTF" + np.uint32([2, 12, 5]).tobytes(), "says 12 bytes, holds 16"),
    "a.gltf": ('{"asset": {"version": "1.0"}}', "not of version 2"),
    "b.gltf": ("[" * 100_000, "not a readable glTF"),
    "a.npy": (b"\x93NUMPY\x01\x00", "not a readable NumPy array"),
    "a.npz": (b"PK\x05\x06" + bytes(18), "holds no arrays"),
    "a.h5": (b"\x89HDF\r\n\x1a\n", "not a readable HDF5"),
    "a.ply.gz": (b"\x1f\x8b\x08\x00", "damaged gzip data"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_damaged_file_is_refused(name, tmp_path):
    data, message = OTHERS[name]
    refuse(tmp_path / name, data, message)
