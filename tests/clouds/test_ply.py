"""PLY files of many writers: meshio and Open3D must see the same points."""

import sys

import numpy as np
import open3d
import pytest

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError

POINTS = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
XYZ = [("float", "x"), ("float", "y"), ("float", "z")]
TYPES = {"float": "f4", "double": "f8", "uchar": "u1", "int": "i4", "float32": "f4"}
BYTES = {"binary_little_endian": "<", "binary_big_endian": ">"}


def write(path, properties, encoding="ascii", extra="", newline="\n", tail="", first="", lead="", values=POINTS):
    columns = {
        name: values[:, "xyz".index(name)] if name in "xyz" else np.full(len(values), 7) for _, name in properties
    }
    head = [
        "ply",
        f"format {encoding} 1.0",
        "comment made by hand",
        *filter(None, [first]),
        f"element vertex {len(values)}",
    ]
    head += [f"property {kind} {name}" for kind, name in properties]
    text = newline.join([*head, *filter(None, [extra]), "end_header", ""]).encode()
    if encoding == "ascii":
        rows = zip(*columns.values(), strict=True)
        body = newline.join(" ".join(f"{value:.9g}" for value in row) for row in rows).encode()
        path.write_bytes(text + lead.encode() + body + newline.encode() + tail.encode())
        return
    table = np.empty(len(values), [(name, BYTES[encoding] + TYPES[kind]) for kind, name in properties])
    for name, column in columns.items():
        table[name] = column
    path.write_bytes(text + table.tobytes() + tail.encode())


CASES = {
    "ascii": {"properties": XYZ},
    "little": {"properties": XYZ, "encoding": "binary_little_endian"},
    "big": {"properties": XYZ, "encoding": "binary_big_endian"},
    "doubles": {"properties": [("double", name) for _, name in XYZ], "encoding": "binary_little_endian"},
    "new_names": {"properties": [("float32", name) for _, name in XYZ]},
    "colours": {"properties": [*XYZ, ("uchar", "red"), ("uchar", "green"), ("uchar", "blue")]},
    "before": {"properties": [("int", "label"), *XYZ, ("float", "nx")], "encoding": "binary_little_endian"},
    "no_faces": {"properties": XYZ, "extra": "element face 0\nproperty list uchar int vertex_indices"},
    "other_element": {"properties": XYZ, "extra": "element camera 1\nproperty float view", "tail": "1.0\n"},
    "camera_first": {"properties": XYZ, "first": "element camera 1\nproperty float view", "lead": "1.0\n"},
    "remarks": {"properties": XYZ, "extra": "obj_info by hand"},
    "windows": {"properties": XYZ, "newline": "\r\n"},
}


@pytest.mark.parametrize("case", CASES)
def test_the_points_are_those_that_open3d_reads(case, tmp_path):
    file = tmp_path / "a.ply"
    write(file, **CASES[case])
    expected = np.asarray(open3d.io.read_point_cloud(str(file)).points)
    np.testing.assert_allclose(expected, POINTS, rtol=1e-6)
    np.testing.assert_array_equal(read_cloud(file), expected.astype(np.float32))


@pytest.mark.parametrize("encoding", ["ascii", "binary_little_endian"])
def test_a_file_that_breaks_off_is_refused(encoding, tmp_path):
    file = tmp_path / "half.ply"
    write(file, XYZ, encoding)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"half\.ply: not a readable PLY \(.*\); is the file complete"):
        read_cloud(file)


QUADS = "4 0 1 3 2\n4 4 6 7 5\n4 0 4 5 1\n4 2 3 7 6\n4 0 2 6 4\n4 1 5 7 3\n"
FACES = "element face 6\nproperty list uchar int vertex_indices"
CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float32)


def test_polygons_are_sampled_as_triangles(tmp_path):
    write(tmp_path / "cube.ply", XYZ, extra=FACES, tail=QUADS, values=CUBE)
    points = read_cloud(tmp_path / "cube.ply", num_samples=3000)
    share = [np.isclose(points[:, axis], side, atol=1e-6).mean() for axis in range(3) for side in (0, 1)]
    assert np.abs(np.array(share) - 1 / 6).max() < 0.03


@pytest.mark.parametrize(
    ("tail", "message"),
    [(QUADS[:-20], "not a readable PLY"), (QUADS.replace("7", "8"), r"a face names vertex 8 of 8")],
)
def test_faces_that_cannot_be_are_refused(tail, message, tmp_path):
    write(tmp_path / "cube.ply", XYZ, extra=FACES, tail=tail, values=CUBE)
    with pytest.raises(InputError, match=message):
        read_cloud(tmp_path / "cube.ply")


def test_nan_is_named(tmp_path):
    values = POINTS.copy()
    values[3, 1] = np.nan
    write(tmp_path / "nan.ply", XYZ, "binary_little_endian", values=values)
    with pytest.raises(InputError, match="1 of 20 points have NaN"):
        read_cloud(tmp_path / "nan.ply")


def test_open3d_is_not_imported_for_points(tmp_path):
    import subprocess

    write(tmp_path / "a.ply", XYZ)
    code = (
        "import sys; from nimba.clouds import read_cloud; read_cloud(sys.argv[1]); assert 'open3d' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.ply")], check=True)
