"""The things in a scan, each classified: by Python and by the command, which says the same."""

import io
import json

import numpy as np
import pytest

from nimba.clouds import read
from nimba.commands.main import main
from nimba.inference.table import header
from nimba.runtime.errors import InputError
from tests.scenes.made import block, floor

COUNT = 3


@pytest.fixture(scope="module")
def points():
    """Three blocks on a floor, y up: (6000, 3) float32."""
    rng = np.random.default_rng(0)
    blocks = [block(rng, (x, 0.5, z), (0.5, 1, 0.4)) for x, z in ((-1.2, 0), (0, 1), (1.2, -0.5))]
    return np.concatenate([floor(rng, count=3000), *blocks]).astype(np.float32)


@pytest.fixture(scope="module")
def scan(points, tmp_path_factory):
    path = tmp_path_factory.mktemp("scans") / "room.npy"
    np.save(path, points)
    return path


@pytest.fixture(scope="module")
def answers(model, scan):
    return model.classify_objects(scan)


@pytest.fixture
def run(weights, capsys):
    """The command's exit code, stdout and stderr."""

    def call(*arguments):
        code = main(["classify", "--objects", "--weights", weights, *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def test_each_thing_has_an_answer_with_its_place(answers, scan, points):
    assert len(answers) == len(answers.scene.objects) == COUNT
    assert [answer.source for answer in answers] == [f"{scan}[{number}]" for number in range(COUNT)]
    for answer, thing in zip(answers, answers.scene.objects, strict=True):
        assert answer.points == len(thing.indices) > 800
        assert answer.label in answer.class_names
        box = answer.decided["box"]
        np.testing.assert_allclose(sorted(box["size"]), [0.4, 0.5, 1.0], atol=0.05)
        inside = np.abs((points[thing.indices] - box["centre"]) @ np.transpose(box["axes"]))
        assert (inside <= np.array(box["size"]) / 2 + 1e-4).all()
        assert answer.decided["stands_on"] == "floor"
        assert (answer.pose.up, answer.pose.given) == ("y", False)
    assert "y up, by the floor" in answers.notes
    assert any("planes within" in note for note in answers.notes)
    json.dumps(answers.to_dict())
    assert "by the floor" in repr(answers)


def test_a_thing_is_classified_as_if_it_were_alone(model, answers):
    from nimba.scenes import smoothed

    for number, answer in enumerate(answers):
        alone = model.classify(smoothed(answers.scene.upright(number, squared=True)), up="y")
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_up_can_be_given(model, points):
    turned = points[:, [2, 0, 1]]  # z up
    answers = model.classify_objects(turned, up="z")
    assert [answer.pose.up for answer in answers] == ["z"] * COUNT
    assert answers[0].pose.given
    with pytest.raises(InputError, match="up: 'w'"):
        model.classify_objects(points, up="w")


def test_far_coordinates_come_back_as_they_were(model, points, tmp_path):
    far = points + np.array([4e5, 30, 5e6])
    answers = model.classify_objects(far)
    assert len(answers) == COUNT
    centres = np.array([answer.decided["box"]["centre"] for answer in answers])
    assert (np.abs(centres - [4e5, 30.5, 5e6]) < 3).all()
    answers.write_ply(tmp_path / "a.ply")
    reading = read(tmp_path / "a.ply")
    np.testing.assert_allclose(reading.points + np.array(reading.decided["shift"]), far, atol=1e-3)
    floor_plane = answers.to_dict()["scene"]["planes"][0]
    assert floor_plane["offset"] == pytest.approx(np.dot(floor_plane["normal"], [4e5, 30, 5e6]), abs=0.01)


def test_what_is_no_single_scan_is_refused(model, points, tmp_path):
    with pytest.raises(InputError, match="2 clouds; give one scan"):
        model.classify_objects([points, points])
    with pytest.raises(InputError, match="64"):
        model.classify_objects(points[:50])


def test_a_floor_alone_has_no_things(model):
    answers = model.classify_objects(floor(np.random.default_rng(0)))
    assert len(answers) == 0
    assert answers.scene.planes[0].kind == "floor"


def test_the_command_prints_a_row_for_each_thing(run, scan, answers, tmp_path):
    ply, page = tmp_path / "labelled.ply", tmp_path / "page.html"
    code, out, err = run(scan, "--json", "-o", ply, "--html", page)
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["file"] for row in rows] == [answer.source for answer in answers]
    assert [row["decided"] for row in rows] == [answer.decided for answer in answers]
    assert [row["label"] for row in rows] == answers.labels
    assert f"note: {scan}: {answers.scene.settings.described()}" in err
    assert err.splitlines()[-1].startswith("3 clouds: ")
    head = ply.read_bytes().split(b"end_header")[0].decode()
    assert "comment label 0 floor\n" in head
    assert [f"comment label {1 + k} {name}" in head for k, name in enumerate(answers.names)] == [True] * COUNT
    assert page.read_text().count("<tr>") == COUNT + 1


def test_several_scans_from_files_and_standard_input(run, scan, tmp_path, monkeypatch):
    empty = tmp_path / "floor.npy"
    np.save(empty, floor(np.random.default_rng(0)).astype(np.float32))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(scan.read_bytes())))
    table = tmp_path / "a.csv"
    code, out, err = run("-", empty, tmp_path / "missing.ply", "--csv", "--up", "y", "-o", table)
    assert code == 2
    assert table.read_text() == out
    heading, *rows = out.splitlines()
    assert heading.split(",") == header(5)
    assert len(rows) == COUNT + 2
    assert "no things found" in rows[-2]
    assert "no such file" in rows[-1]
    assert err.splitlines()[-1].endswith("2 errors")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{scan}", "{scan}", "-o", "{folder}/a.ply"), "a.ply: a PLY is of one scan, and there are 2"),
        (("{scan}", "{scan}", "--html", "{folder}/a.html"), "a.html: a page is of one scan, and there are 2"),
        (("{scan}", "--apart"), "apart: "),
        (("{scan}", "-o", "{folder}/a.txt"), "unknown format '.txt'"),
        (("{scan}", "--html", "{folder}/a.pdf"), "a page is an .html file"),
        (("{scan}", "-o", "{folder}/b/a.ply"), "its folder does not exist"),
    ],
)
def test_what_does_not_go_together_is_one_line(run, scan, tmp_path, arguments, said):
    code, out, err = run(*(part.format(scan=scan, folder=tmp_path) for part in arguments))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_labelled_ply_without_objects_names_the_option(weights, scan, tmp_path, capsys):
    assert main(["classify", str(scan), "--weights", weights, "-o", str(tmp_path / "a.ply")]) == 2
    assert "add --objects" in capsys.readouterr().err
