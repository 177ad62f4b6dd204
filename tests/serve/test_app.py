"""The HTTP interface: the same answers as nimba classify, and one line for whatever cannot be answered."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

import nimba
from nimba.commands.main import main
from nimba.runtime import optional
from nimba.serve.limits import Limits
from tests.serve.clouds import ply, shape

pytestmark = pytest.mark.skipif(not optional.fastapi().available, reason="FastAPI is not installed")
WEIGHTS = "nimba-small-modelnet40"
FAULTS = sorted(path for path in (Path(__file__).parents[1] / "clouds" / "faults").iterdir())


@pytest.fixture(scope="module")
def client():
    from fastapi.testclient import TestClient

    from nimba.serve.app import create_app

    with TestClient(create_app(nimba.load(WEIGHTS), weights=f"/somewhere/{WEIGHTS}")) as client:
        yield client


def files(**content):
    return [("files", (name.replace("_", "."), data)) for name, data in content.items()]


def same(answers, others):
    """Equal, but for the last digits of numbers: clouds of other requests may have been in the same batch."""
    assert json.loads(json.dumps(answers), parse_float=lambda text: round(float(text), 4)) == json.loads(
        json.dumps(others), parse_float=lambda text: round(float(text), 4)
    )


def test_a_file_is_answered_as_the_command_answers_it(client, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("chair.ply").write_bytes(ply(shape()))
    assert main(["classify", "chair.ply", "--json", "--weights", WEIGHTS, "--top", "3"]) == 0
    printed = json.loads(capsys.readouterr().out)
    response = client.post("/classify?top=3", files=files(chair_ply=ply(shape())))
    assert response.status_code == 200
    same(response.json(), [printed])


def test_files_of_one_request_share_their_axes_as_those_of_a_list_do(client, tmp_path):
    names = ["chair", "table", "bottle", "lamp"]
    turned = {name: shape(name, seed=3)[:, [0, 2, 1]] for name in names}
    paths = []
    for name, points in turned.items():
        (tmp_path / f"{name}.ply").write_bytes(ply(points))
        paths.append(tmp_path / f"{name}.ply")
    wanted = nimba.load(WEIGHTS).classify(paths)
    response = client.post("/classify", files=[("files", (path.name, path.read_bytes())) for path in paths])
    answers = response.json()
    same([answer | {"file": ""} for answer in answers], [one.to_dict(5) | {"file": ""} for one in wanted])
    assert [answer["file"] for answer in answers] == [path.name for path in paths]


def test_one_bad_file_does_not_spoil_the_others(client):
    content = files(chair_ply=ply(shape()), broken_ply=b"ply\nnonsense", note_xyz=b"1 2", empty_obj=b"")
    response = client.post("/classify", files=content)
    assert response.status_code == 200
    chair, *bad = response.json()
    assert chair["label"] == "chair"
    assert [set(one) for one in bad] == [{"file", "error"}] * 3
    assert [one["file"] for one in bad] == ["broken.ply", "note.xyz", "empty.obj"]
    assert all("\n" not in one["error"] and "/tmp" not in one["error"] for one in bad)


@pytest.mark.parametrize("query", ["?format=ply", "?format=.PLY", ""])
def test_bytes_and_numbers_say_the_same_as_a_file(client, query):
    points = shape().astype(np.float32)
    (wanted,) = client.post("/classify", files=files(a_ply=ply(points))).json()
    for response in (
        client.post(f"/classify{query}", content=ply(points)),
        client.post("/classify", json={"points": points.tolist()}),
        client.post("/classify?format=ply.gz", content=gzip.compress(ply(points))),
    ):
        assert response.status_code == 200
        (answer,) = response.json()
        assert (answer["label"], answer["points"]) == (wanted["label"], wanted["points"])
        assert answer["classes"][0]["probability"] == pytest.approx(wanted["classes"][0]["probability"], abs=1e-4)


def test_clouds_of_equal_size_may_come_together(client):
    batch = np.stack([shape("chair"), shape("bottle")])
    answers = client.post("/classify?up=y", json={"points": batch.tolist()}).json()
    assert [answer["file"] for answer in answers] == ["points[0]", "points[1]"]
    assert [answer["classes"][0]["name"] for answer in answers] == ["chair", "bottle"]


def test_settings_count(client):
    body = {"points": shape()[:, [0, 2, 1]].tolist()}
    (answer,) = client.post("/classify?up=z&turns=1&top=2", json=body).json()
    assert answer["pose"] | {"confidence": 1.0} == {"up": "z", "given": True, "confidence": 1.0, "turn": 0.0}
    assert len(answer["classes"]) == 2


BAD = [
    (422, {"json": {"points": [[1, 2], [3, 4]]}}, "points: is (2, 2)"),
    (422, {"json": {"points": [[1, 2, 3], [3, 4]]}}, "rows of unequal length"),
    (422, {"json": {"points": [["1", "2", "3"]]}}, "points: an array of <U1"),
    (422, {"json": {"points": "/etc/passwd"}}, "JSON has to be"),
    (422, {"json": {"points": []}}, "points"),
    (422, {"json": [1, 2, 3]}, "JSON has to be"),
    (422, {"content": b'{"points": [[NaN, 1, 2], [1, 2, 3]]}', "headers": {"content-type": "application/json"}}, "NaN"),
    (422, {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, "the JSON cannot be read"),
    (422, {"content": b""}, "no cloud"),
    (422, {"files": [("files", ("a.ply", b"ply\nnonsense"))]}, "a.ply: "),
    (422, {"files": [("files", ("a.ply", b""))]}, "a.ply: is empty"),
    (422, {"files": [("files", (None, "not a file"))]}, "no cloud: the form has no file"),
    (415, {"files": [("files", ("a.xls", bytes(100)))]}, "a.xls: cannot tell its format"),
    (415, {"content": bytes(100)}, "body: cannot tell its format"),
    (415, {"content": b"x", "params": {"format": "doc"}}, "'doc' is not one of ply, pcd"),
    (422, {"content": b"x", "params": {"top": 0}}, "top: "),
    (422, {"content": b"x", "params": {"up": "w"}}, "up: "),
    (422, {"content": b"x", "params": {"turns": 3}}, "turns: "),
    (400, {"content": b"--x", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
]


@pytest.mark.parametrize(("status", "request_", "message"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_what_cannot_be_answered_is_one_line(client, status, request_, message):
    response = client.post("/classify", **request_)
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    assert message in response.json()["error"]
    assert "\n" not in response.json()["error"]


@pytest.mark.parametrize("path", FAULTS, ids=[path.name for path in FAULTS])
def test_files_that_crashed_readers_crash_nothing(client, path):
    alone = client.post("/classify", files=[("files", (path.name, path.read_bytes()))])
    assert alone.status_code in (200, 422)
    assert "\n" not in alone.json()["error"] if alone.status_code == 422 else alone.json()[0]["label"]
    beside = client.post("/classify", files=[("files", (path.name, path.read_bytes())), *files(a_ply=ply(shape()))])
    assert beside.json()[1]["label"] == "chair"
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.ply", "passwd.ply"),
        ("C:\\Users\\me\\a.ply", "a.ply"),
        ("<img src=x>.ply", "<img src=x>.ply"),  # JSON is no HTML; the page shows it as text
        ("a\x1b[31m.ply", "a\\x1b[31m.ply"),
        ("a\nb.ply", "a\\nb.ply"),
        ("x" * 500 + ".ply", "x" * 117 + "..."),
        ("", "file"),
    ],
)
def test_names_are_safe_to_show(name, shown):
    from nimba.serve.uploads import safe_name

    assert safe_name(name) == shown


def test_a_file_that_names_others_gets_none_of_them(client, tmp_path):
    (tmp_path / "secret.bin").write_bytes(shape().astype("<f4").tobytes())
    gltf = {
        "asset": {"version": "2.0"},
        "buffers": [{"uri": str(tmp_path / "secret.bin"), "byteLength": 12288}],
        "bufferViews": [{"buffer": 0, "byteLength": 12288}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 1024, "type": "VEC3"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}],
        "nodes": [{"mesh": 0}],
    }
    response = client.post("/classify", files=[("files", ("a.gltf", json.dumps(gltf).encode()))])
    assert response.status_code == 422
    assert "is not opened" in response.json()["error"]


def test_pages_for_people_and_programs(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")  # it asks nobody else
    assert client.get("/docs").status_code == 200
    described = client.get("/openapi.json").json()["paths"]
    assert set(described) == {"/classify", "/health", "/info"}
    kinds = described["/classify"]["post"]["requestBody"]["content"]
    assert set(kinds) == {"multipart/form-data", "application/octet-stream", "application/json"}
    info = client.get("/info").json()
    assert info["weights"] == WEIGHTS
    assert len(info["classes"]) == 40
    assert info["version"] == nimba.__version__
    assert info["calibration"]["clouds"] > 0
    assert client.get("/nowhere").json() == {"error": "Not Found"}


@pytest.fixture(scope="module")
def small():
    """A service that takes little on."""
    from fastapi.testclient import TestClient

    from nimba.serve.app import create_app

    limits = Limits(bytes=50_000, bytes_at_once=60_000, requests=2, files=3)
    app = create_app(nimba.load(WEIGHTS), limits)
    with TestClient(app) as client:
        yield client


def test_too_much_is_refused_while_it_comes_in(small):
    for response in (
        small.post("/classify?format=ply", content=ply(shape(points=5000))),
        small.post("/classify", files=[("files", ("a.ply", ply(shape(points=5000))))]),
        small.post("/classify?format=ply", content=(bytes(10_000) for _ in range(7))),
    ):
        assert response.status_code == 413
        assert response.json()["error"].startswith("more than 0.0476837 MB in one request")
    assert small.post("/classify", files=files(a_ply=ply(shape()))).status_code == 200


def test_too_many_files_are_refused(small):
    many = [("files", (f"{number}.ply", ply(shape(points=64)))) for number in range(4)]
    assert small.post("/classify", files=many).status_code == 400
    assert small.post("/classify", files=many[:3]).status_code == 200
    assert small.post("/classify", json={"points": [shape(points=8).tolist()] * 4}).status_code == 422


def test_numbers_in_a_buffer_are_read(client):
    buffer = io.BytesIO()
    np.save(buffer, shape())
    assert client.post("/classify", content=buffer.getvalue()).json()[0]["decided"]["format"] == "NPY"
