"""Meshes: polygons of any number of corners, in any order, wherever nodes put them."""

import json
import struct

import numpy as np
import pytest

from benchmarks.fuzz.seed_meshes import glb
from nimba.clouds import read_cloud
from tests.clouds.formats.files import CUBE, POINTS, QUADS, assert_cube, read, read_with_note, refuse, rows

FACES = "".join(f"4 {' '.join(map(str, face))}\n" for face in QUADS)
HEXAGON = [(np.cos(a), np.sin(a), 0.0) for a in np.arange(6) * np.pi / 3]
MESHES = {
    "a.off": f"OFF\n8 6 0\n{rows(CUBE)}{FACES}",
    "modelnet.off": f"OFF8 6 0\n{rows(CUBE)}{FACES}",
    "coloured.off": f"COFF # drawn\n\n8 6\n# vertices\n{rows(CUBE, extra=' 1 2 3 255')}\n{FACES}",
    "a.obj": "mtllib none.mtl\n" + "".join(f"v {line}\n" for line in rows(CUBE).splitlines())
    + "".join(f"f {a + 1}/1/1 {b + 1}//1 {c + 1} {d - 8}\n" for a, b, c, d in QUADS),
}  # fmt: skip


@pytest.mark.parametrize("name", MESHES)
def test_a_cube_is_sampled_on_all_its_sides(name, tmp_path):
    assert_cube(read(tmp_path / name, MESHES[name]))


@pytest.mark.parametrize("form", ["off", "obj", "ply"])
def test_faces_of_six_corners_are_whole(form, tmp_path):
    vertices, corners = rows(np.array(HEXAGON)), "0 1 2 3 4 5"
    texts = {
        "off": f"OFF\n6 1 0\n{vertices}6 {corners}\n",
        "obj": "".join(f"v {line}\n" for line in vertices.splitlines()) + "f 1 2 3 4 5 6\n",
        "ply": "ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face 1\nproperty list uchar int vertex_index\nend_header\n{vertices}6 {corners}\n",
    }
    points = read_with_note(tmp_path / f"a.{form}", texts[form], "all points lie in a plane")
    angles = np.floor(np.arctan2(points[:, 1], points[:, 0]) / (np.pi / 3)).astype(int) + 3
    share = np.bincount(angles, minlength=6)[:6] / len(points)
    assert np.abs(share - 1 / 6).max() < 0.03


def test_faces_that_all_end_early_are_refused(tmp_path):
    refuse(tmp_path / "a.off", f"OFF\n8 2 0\n{rows(CUBE)}3 012 6\n3 0 16\n", "faces that are not whole numbers")


@pytest.mark.filterwarnings("error")  # a cast of what is no whole number would only warn
@pytest.mark.parametrize("corner", ["nan", "inf", "1e30", "0.5", "-1", "99"])
def test_a_corner_that_is_no_vertex_is_refused(corner, tmp_path):
    refuse(tmp_path / "a.off", f"OFF\n8 1 0\n{rows(CUBE)}3 0 1 {corner}\n", "a.off: ")


@pytest.mark.parametrize("text", [f"OFF\n30 0 0\n{rows(POINTS)}", f"OFF\n30 0 0\n{rows(POINTS)}\n\n"])
def test_vertices_without_faces_are_points(text, tmp_path):
    np.testing.assert_allclose(read(tmp_path / "a.off", text), POINTS, rtol=1e-6)
    lines = "".join(f"v {line}\n" for line in rows(POINTS).splitlines())
    np.testing.assert_allclose(read(tmp_path / "a.obj", lines), POINTS, rtol=1e-6)


def test_a_cloud_with_a_stray_face_is_a_cloud(tmp_path):
    text = f"OFF\n31 1 0\n{rows(POINTS)}9 9 9\n3 0 1 2\n"
    points = read_with_note(tmp_path / "a.off", text, "only 3 of its 31 vertices are in a face")
    np.testing.assert_allclose(points[:-1], POINTS, rtol=1e-6)


def test_a_vertex_that_no_face_uses_may_be_anything(tmp_path):
    assert_cube(read(tmp_path / "a.off", f"OFF\n9 6 0\n{rows(CUBE)}nan inf 1e300\n{FACES}"))


def stl(corners: np.ndarray, header: bytes) -> bytes:
    facets = b"".join(bytes(12) + triangle.astype("<f4").tobytes() + bytes(2) for triangle in corners)
    return header.ljust(80) + struct.pack("<I", len(corners)) + facets


def test_stl_in_both_forms(tmp_path):
    corners = CUBE[[face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))]]
    assert_cube(read(tmp_path / "a.stl", stl(corners, b"solid, so it says")))
    facets = "".join(
        f"facet normal 0 0 1\n outer loop\n{''.join(f'  VERTEX {line}{chr(10)}' for line in rows(c).splitlines())}"
        " endloop\nendfacet\n"
        for c in corners
    )
    assert_cube(read(tmp_path / "b.stl", f"solid a\n{facets}endsolid a\nsolid b\n{facets}endsolid b\n"))


TRIANGLES = np.array([face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))], np.uint8)


def document(nodes: list[dict], buffer: dict | None = None, **primitive: object) -> dict:
    positions = {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3"}
    indices = {"bufferView": 1, "componentType": 5121, "count": 36, "type": "SCALAR"}
    return {
        "asset": {"version": "2.0"},
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, **primitive}]}],
        "accessors": [positions, indices],
        "bufferViews": [{"buffer": 0, "byteLength": 96}, {"buffer": 0, "byteOffset": 96, "byteLength": 36}],
        "buffers": [{"byteLength": 132, **(buffer or {})}],
    }


BINARY = CUBE.astype("<f4").tobytes() + TRIANGLES.tobytes()
HALF = {"rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)], "scale": [0.5, 0.5, 0.5], "translation": [1, 0, 0]}
NODES = {
    "plain": [{"mesh": 0}],
    "moved and moved back": [{"children": [1], "translation": [5, 5, 5]}, {"mesh": 0, "translation": [-5, -5, -5]}],
    "a matrix": [
        {"children": [1], "scale": [2, 2, 2]},
        {"mesh": 0, "matrix": [0.5, *[0] * 4, 0.5, *[0] * 4, 0.5, *[0] * 4, 1]},
    ],
    "turned": [{"mesh": 0, "rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)], "translation": [1, 0, 0]}],
    "halves": [
        {"children": [1]},
        {"children": [2], "scale": [2, 2, 2]},
        {"mesh": 0, **HALF, "translation": [0.5, 0, 0]},
    ],
}


@pytest.mark.parametrize("name", NODES)
def test_a_gltf_is_where_its_nodes_put_it(name, tmp_path):
    assert_cube(read(tmp_path / "a.glb", glb(document(NODES[name]), BINARY)))


def test_a_gltf_reads_the_file_beside_it_and_no_other(tmp_path):
    (tmp_path / "beside it.bin").write_bytes(BINARY)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "in.bin").write_bytes(BINARY)
    (tmp_path / "models" / "out.bin").symlink_to(tmp_path / "beside it.bin")
    assert_cube(read(tmp_path / "a.gltf", json.dumps(document(NODES["plain"], {"uri": "beside%20it.bin"}))))
    assert_cube(read(tmp_path / "a.gltf", json.dumps(document(NODES["plain"], {"uri": "models/in.bin"}))))
    inner = tmp_path / "models" / "a.gltf"
    for uri in ("../beside it.bin", "%2e%2e/beside%20it.bin", "out.bin", str(tmp_path / "beside it.bin"), "/dev/zero",
                "http://localhost/a.bin", "file:///etc/hostname", "..\\a.bin"):  # fmt: skip
        refuse(inner, json.dumps(document(NODES["plain"], {"uri": uri})), "refers to .*not opened|refers to .* device")


def test_a_gltf_does_not_wait_for_a_pipe(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.bin")
    refuse(tmp_path / "a.gltf", json.dumps(document(NODES["plain"], {"uri": "pipe.bin"})), "is a pipe or a device")


def test_an_obj_opens_no_material(tmp_path):
    import os

    os.mkfifo(tmp_path / "none.mtl")
    assert_cube(read(tmp_path / "a.obj", MESHES["a.obj"]))


GLTFS = {
    "a circle of nodes": (document([{"children": [1], "mesh": 0}, {"children": [0]}]), "not a readable|no points"),
    "two parents": (document([{"children": [2]}, {"children": [2]}, {"mesh": 0}]), "node 2 is met twice"),
    "a mesh that there is not": (document([{"mesh": 7}]), "number 7 of 1"),
    "a negative mesh": (document([{"mesh": -1}]), "number -1 of 1"),
    "compressed": ({**document([{"mesh": 0}]), "extensionsRequired": ["KHR_draco_mesh_compression"]}, "without"),
    "no triangles' corners": (document([{"mesh": 0}], indices=0), "an accessor of VEC3"),
}


@pytest.mark.parametrize("name", GLTFS)
def test_a_gltf_that_contradicts_itself_is_refused(name, tmp_path):
    told, message = GLTFS[name]
    refuse(tmp_path / "a.glb", glb(told, BINARY), message)


def test_a_gltf_that_shows_a_mesh_too_often_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NIMBA_MAX_POINTS", "1000")
    refuse(tmp_path / "a.glb", glb(document([{"mesh": 0}] * 40), BINARY), "NIMBA_MAX_POINTS=1012")
    monkeypatch.setenv("NIMBA_MAX_POINTS", "2000")
    assert len(read_cloud(tmp_path / "a.glb", num_samples=50)) == 50


def test_an_accessor_beyond_its_buffer_is_refused(tmp_path):
    told = document([{"mesh": 0}])
    told["accessors"][0]["count"] = 9
    refuse(tmp_path / "a.glb", glb(told, BINARY), "accessor 0 of 9 lies outside")
    told["bufferViews"][0]["byteLength"] = 1 << 40
    refuse(tmp_path / "a.glb", glb(told, BINARY), "accessor 0 of 9 lies outside")
