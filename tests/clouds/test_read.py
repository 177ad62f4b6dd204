import json

import numpy as np
import pytest

from nimba.clouds import read_cloud
from nimba.clouds.read import read
from nimba.runtime.errors import InputError

POINTS = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
FACES = [t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))]


def text(path, header="", separator=" ", extra=""):
    rows = [separator.join(f"{c:.9g}" for c in row) + extra for row in POINTS]
    path.write_text(header + "\n".join(rows) + "\n")


def ply(path, points=POINTS, faces=(), binary=False):
    kind = "binary_little_endian" if binary else "ascii"
    head = f"ply\nformat {kind} 1.0\nelement vertex {len(points)}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\n" if len(faces) else ""
    head += "end_header\n"
    if binary:
        path.write_bytes(head.encode() + np.asarray(points, "<f4").tobytes())
    else:
        body = [" ".join(f"{c:.9g}" for c in row) for row in points]
        path.write_text(head + "\n".join(body + [f"3 {a} {b} {c}" for a, b, c in faces]) + "\n")


def pcd(path, points=POINTS):
    head = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n"
    head += f"WIDTH {len(points)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(points)}\nDATA ascii\n"
    path.write_text(head + "\n".join(" ".join(f"{c:.9g}" for c in row) for row in points) + "\n")


def off(path, header="OFF\n"):
    body = [" ".join(map(str, row)) for row in CUBE] + [f"3 {a} {b} {c}" for a, b, c in FACES]
    path.write_text(f"{header}{len(CUBE)} {len(FACES)} 0\n" + "\n".join(body) + "\n")


def obj(path):
    lines = [f"v {x} {y} {z}" for x, y, z in CUBE] + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in FACES]
    path.write_text("\n".join(lines) + "\n")


WRITERS = {
    "a.xyz": text,
    "header.txt": lambda p: text(p, header="# made by hand\nx y z intensity\n", extra=" 0.5 label"),
    "commas.csv": lambda p: text(p, header="x,y,z\n", separator=","),
    "counted.pts": lambda p: text(p, header=f"{len(POINTS)}\n"),
    "UPPER.XYZ": text,
    "a.npy": lambda p: np.save(p, np.c_[POINTS, POINTS]),
    "one.npz": lambda p: np.savez(p, whatever=POINTS),
    "named.npz": lambda p: np.savez(p, labels=np.zeros(3), points=POINTS),
    "ascii.ply": ply,
    "binary.ply": lambda p: ply(p, binary=True),
    "a.pcd": pcd,
}


@pytest.mark.parametrize("name", WRITERS)
def test_points_come_back_as_they_are(name, tmp_path):
    WRITERS[name](tmp_path / name)
    points = read_cloud(tmp_path / name)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points, POINTS, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.off", off),
        ("modelnet.off", lambda p: off(p, header="OFF")),
        ("a.obj", obj),
        ("mesh.ply", lambda p: ply(p, CUBE, FACES)),
    ],
)
def test_meshes_are_sampled_on_their_surface(name, write, tmp_path):
    write(tmp_path / name)
    points = read_cloud(tmp_path / name, num_samples=3000)
    assert points.shape == (3000, 3)
    on_face = np.isclose(points, 0, atol=1e-6) | np.isclose(points, 1, atol=1e-6)
    assert on_face.any(1).all()
    share = np.array([np.isclose(points[:, axis], side, atol=1e-6).mean() for axis in range(3) for side in (0, 1)])
    assert np.abs(share - 1 / 6).max() < 0.03  # six faces of the same area
    assert np.array_equal(points, read_cloud(tmp_path / name, num_samples=3000))
    assert not np.array_equal(points, read_cloud(tmp_path / name, num_samples=3000, seed=1))


def broken(path, **arrays):
    points = POINTS.copy()
    points[3, 1] = np.nan
    points[7, 2] = np.inf
    np.save(path, points)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("missing.ply", lambda p: None, "no such file"),
        ("folder.ply", lambda p: p.mkdir(), "is a folder"),
        ("a.docx", lambda p: p.touch(), "unknown format '.docx'; known: .ply"),
        ("empty.xyz", lambda p: p.touch(), "holds no points"),
        ("empty.npy", lambda p: p.touch(), "not a readable"),
        ("zero.npy", lambda p: np.save(p, np.zeros((0, 3))), "holds no points"),
        ("one.xyz", lambda p: p.write_text("1 2 3\n"), "a single one"),
        ("same.npy", lambda p: np.save(p, np.ones((5, 3))), "all 5 points are the same"),
        ("nan.npy", broken, "2 of 50 points have NaN"),
        ("flat.npy", lambda p: np.save(p, np.zeros((5, 2))), r"\(5, 2\); a cloud is \(N, 3\)"),
        ("words.xyz", lambda p: p.write_text("1 2 3\n4 5 6\nseven\n"), "line 3 is not three numbers: 'seven'"),
        ("pickle.npy", lambda p: np.save(p, np.array([{}]), allow_pickle=True), "an array of object"),
        ("bad.ply", lambda p: p.write_text("nonsense"), "not a readable PLY"),
        ("half.pcd", lambda p: (pcd(p), p.write_text(p.read_text()[:-200])), r"\d+ of 50 points are there"),
        ("bad.pcd", lambda p: p.write_text("nonsense"), "not a readable PCD"),
        ("bad.off", lambda p: p.write_text("nonsense"), "OFF mesh"),
        ("bad.obj", lambda p: p.write_text("nonsense"), "holds no points"),
        ("bad.npz", lambda p: p.write_bytes(b"nonsense"), "not a readable"),
        ("two.npz", lambda p: np.savez(p, a=POINTS, b=POINTS), "name the points' array"),
    ],
)
def test_bad_files_are_one_line_that_names_them(name, write, message, tmp_path, capfd):
    write(tmp_path / name)
    with pytest.raises(InputError, match=message) as caught:
        read_cloud(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Warning" not in "".join(capfd.readouterr())


def test_a_reading_says_what_was_decided(tmp_path):
    text(tmp_path / "a.xyz")
    reading = read(tmp_path / "a.xyz")
    assert np.array_equal(reading.points, read_cloud(tmp_path / "a.xyz"))
    assert reading.notes == ()
    told = json.loads(json.dumps(reading.decided))
    assert told["format"] == "text"
    assert (told["kind"], told["points_in_file"], told["dropped"], told["shift"]) == ("points", 50, {}, [0, 0, 0])


def test_a_reading_of_a_mesh_says_how_it_was_sampled(tmp_path):
    off(tmp_path / "a.off")
    decided = read(tmp_path / "a.off", num_samples=300).decided
    wanted = {"kind": "mesh", "points_in_file": 8, "triangles": 12, "sampled": 300}
    assert {key: decided[key] for key in wanted} == wanted
