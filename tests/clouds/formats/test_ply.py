"""PLY files of many writers: Open3D must see the same points."""

import numpy as np
import open3d
import pytest

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

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
    with pytest.warns(InputWarning, match="1 of 20 points have NaN"):
        np.testing.assert_array_equal(read_cloud(tmp_path / "nan.ply"), np.delete(POINTS, 3, 0))


BINARY_HEAD = "ply\nformat {} 1.0\n{}end_header\n"
VERTICES = "element vertex 20\nproperty float x\nproperty float y\nproperty float z\n"
LISTED = "element face 6\nproperty list uchar int vertex_indices\n"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("lengths", [[4] * 20, [0] * 20, list(range(20))], ids=["equal", "empty", "growing"])
def test_vertices_with_lists_in_any_place(order, lengths, tmp_path):
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = (
        "element vertex 20\nproperty list uchar short before\nproperty float x\nproperty uchar red\nproperty float y\n"
    )
    head += "property list ushort double between\nproperty float z\n"
    body, text = b"", ""
    for length, (x, y, z) in zip(lengths, POINTS, strict=True):
        some = np.arange(length)
        body += bytes([length]) + some.astype(order + "i2").tobytes() + np.array(x, order + "f4").tobytes() + b"\7"
        body += np.array(y, order + "f4").tobytes() + np.array(length, order + "u2").tobytes()
        body += some.astype(order + "f8").tobytes() + np.array(z, order + "f4").tobytes()
        words = " ".join(map(str, some))
        text += f"{length} {words} {x:.9g} 7 {y:.9g} {length} {words} {z:.9g}\n"
    (tmp_path / "a.ply").write_bytes(BINARY_HEAD.format(name, head).encode() + body)
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.ply"), POINTS)
    (tmp_path / "b.ply").write_text(BINARY_HEAD.format("ascii", head) + text)
    np.testing.assert_array_equal(read_cloud(tmp_path / "b.ply"), POINTS)


FACE_LISTS = [[int(corner) for corner in line.split()[1:]] for line in QUADS.splitlines()]


@pytest.mark.parametrize("cut", [False, True], ids=["quads", "quads and triangles"])
@pytest.mark.parametrize("first", [False, True], ids=["vertices first", "faces first"])
@pytest.mark.parametrize("properties", [False, True], ids=["", "with properties"])
def test_binary_faces_in_any_order(cut, first, properties, tmp_path):
    faces = list(FACE_LISTS)
    if cut:
        faces[2:3] = [faces[2][:3], [faces[2][0], *faces[2][2:]]]
    body = b"".join(
        (b"\1" if properties else b"")
        + bytes([len(f)])
        + np.array(f, "<u4").tobytes()
        + (b"\0" * 4 if properties else b"")
        for f in faces
    )
    listed = f"element face {len(faces)}\n" + ("property uchar flags\n" if properties else "")
    listed += "property list uchar uint vertex_indices\n" + ("property float quality\n" if properties else "")
    parts = [(VERTICES.replace("20", "8"), CUBE.tobytes()), (listed, body)]
    (head, data), (more_head, more_data) = parts[::-1] if first else parts
    file = tmp_path / "cube.ply"
    file.write_bytes(BINARY_HEAD.format("binary_little_endian", head + more_head).encode() + data + more_data)
    points = read_cloud(file, num_samples=3000)
    share = [np.isclose(points[:, axis], side, atol=1e-6).mean() for axis in range(3) for side in (0, 1)]
    assert np.abs(np.array(share) - 1 / 6).max() < 0.03


STRIPS = [[0, 1, 2, 3, 6, 7, 4, 5, 0, 1], [0, 2, 4, 6, -1, 1, 5, 3, 7]]  # of the cube: around, then two sides


@pytest.mark.parametrize("encoding", ["ascii", "binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize("rows", [1, 2])
def test_triangle_strips_are_sampled_on_the_surface(encoding, rows, tmp_path):
    strips = STRIPS if rows == 2 else [[*STRIPS[0], -1, *STRIPS[1]]]
    head = f"ply\nformat {encoding} 1.0\n{VERTICES.replace('20', '8')}element tristrips {rows}\n"
    head += "property list int int vertex_indices\nend_header\n"
    order = ">" if "big" in encoding else "<"
    if encoding == "ascii":
        body = "".join(
            " ".join(map(str, row)) + "\n" for row in [*CUBE.tolist(), *([len(s), *s] for s in strips)]
        ).encode()
    else:
        body = CUBE.astype(order + "f4").tobytes()
        body += b"".join(np.array([len(strip), *strip], order + "i4").tobytes() for strip in strips)
    (tmp_path / "cube.ply").write_bytes(head.encode() + body)
    points = read_cloud(tmp_path / "cube.ply", num_samples=3000)
    share = [np.isclose(points[:, axis], side, atol=1e-6).mean() for axis in range(3) for side in (0, 1)]
    assert np.abs(np.array(share) - 1 / 6).max() < 0.03


def test_many_unequal_faces_take_no_time(tmp_path):
    import time

    lengths = np.arange(300_000) % 3 + 2
    body = b"".join(bytes([n]) + b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"[: 4 * n] for n in lengths.tolist())
    head = VERTICES.replace("20", "8") + LISTED.replace("6", "300000")
    (tmp_path / "a.ply").write_bytes(BINARY_HEAD.format("binary_little_endian", head).encode() + CUBE.tobytes() + body)
    start = time.process_time()
    read_cloud(tmp_path / "a.ply")
    assert time.process_time() - start < 3
