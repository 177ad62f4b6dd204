"""nimba evaluate: the figures of a user's own labelled clouds, and the pages and files of them."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nimba
from nimba.commands.main import main
from nimba.datasets.shapes import make_shape
from nimba.evaluation.labelled import evaluate_clouds
from nimba.training.cli import train
from tests.prediction.many import NAMES, write_weights
from tests.training.tiny import arguments

SHAPES = ("bottle", "car", "mug")  # stand in for the classes of the weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture
def data(tmp_path):
    """train and test of three classes; one cloud lies in both, and one of test cannot be read."""
    for split, count in (("train", 4), ("test", 3)):
        for place, (name, shape) in enumerate(zip(NAMES, SHAPES, strict=True)):
            folder = tmp_path / "data" / split / name.title()
            folder.mkdir(parents=True)
            for number in range(count):
                rng = np.random.default_rng([place, number, count])
                np.save(folder / f"{number}.npy", make_shape(shape, rng, 100))
    shutil.copy(tmp_path / "data/train/Box/0.npy", tmp_path / "data/test/Box/leak.npy")
    (tmp_path / "data/test/Cup/broken.ply").write_text("no cloud")
    return tmp_path / "data"


def test_json_is_what_python_says(data, weights, capsys):
    assert main(["evaluate", str(data), "--weights", weights, "--json", "--worst", "2"]) == 2  # one cannot be read
    out, err = capsys.readouterr()
    said = json.loads(out)
    paths = [path for name in NAMES for path in sorted((data / "test" / name.title()).iterdir())]
    ids = [str(path.relative_to(data)) for path in paths]
    expected = evaluate_clouds(nimba.load(weights), paths, [path.parent.name for path in paths], ids).to_dict(2)
    for key in ("class_names", "confusion", "classes", "errors"):
        assert said[key] == expected[key]
    assert [one["file"] for one in said["mistakes"]] == [one["file"] for one in expected["mistakes"]]
    for name, value in expected["metrics"].items():
        assert name == "seconds" or said["metrics"][name] == pytest.approx(value, abs=1e-5)
    assert (said["split"], said["metrics"]["clouds"], said["metrics"]["errors"]) == ("test", 10, 1)
    assert said["findings"]["duplicates"] is None  # nobody asked for a page
    (error,) = err.splitlines()
    assert error.startswith("error: test/Cup/broken.ply: not a readable PLY")


def test_files_and_the_leak(data, weights, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["evaluate", str(data), "--weights", weights, "-o", str(tmp_path / "a/b"), "--html", str(page)]) == 2
    out, err = capsys.readouterr()
    assert "1 cloud in train and in another split too, such as train/Box/0.npy = test/Box/leak.npy" in out
    written = [line.removeprefix("written: ") for line in err.splitlines() if line.startswith("written")]
    assert [Path(path).name for path in written] == [
        "metrics.json",
        "evaluation.json",
        "confusion.png",
        "report.html",
        "page.html",
    ]
    metrics = json.loads((tmp_path / "a/b/metrics.json").read_text())
    assert {"oa", "macc", "ece", "seconds", "clouds", "errors"} <= set(metrics)
    stored = json.loads((tmp_path / "a/b/evaluation.json").read_text())
    assert stored["metrics"] == metrics
    (leak,) = stored["findings"]["duplicates"]
    assert (leak["kind"], leak["leak"]) == ("file", True)
    assert [one["split"] for one in leak["clouds"]] == ["train", "test"]
    with Image.open(tmp_path / "a/b/confusion.png") as picture:
        assert min(picture.size) > 500
    assert page.read_text() == (tmp_path / "a/b/report.html").read_text()


@pytest.mark.parametrize(("split", "clouds"), [("train", 12), ("all", 22), ("test", 10)])
def test_splits(data, weights, capsys, split, clouds):
    main(["evaluate", str(data), "--weights", weights, "--split", split, "--json", "--up", "y", "--turns", "1"])
    assert json.loads(capsys.readouterr().out)["metrics"]["clouds"] == clouds


def test_a_folder_without_splits_is_scored_whole(data, weights, capsys):
    assert main(["evaluate", str(data / "train"), "--weights", weights, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["split"], said["metrics"]["clouds"]) == ("all", 12)


def test_a_table_of_paths_and_labels(data, weights, tmp_path, capsys):
    rows = [f"data/{path.relative_to(data)},{path.parent.name},{path.parts[-3]}" for path in data.glob("*/*/*.npy")]
    table = tmp_path / "clouds.csv"
    table.write_text("\n".join(["file,class,split", *rows]))
    page = tmp_path / "page.html"
    assert main(["evaluate", str(table), "--weights", weights, "--json", "--html", str(page)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["split"], said["metrics"]["clouds"]) == ("test", 10)
    assert all(one["file"].startswith("data/test/") for one in said["mistakes"])
    (leak,) = said["findings"]["duplicates"]
    assert {one["file"] for one in leak["clouds"]} == {"data/train/Box/0.npy", "data/test/Box/leak.npy"}
    assert page.is_file()


def test_strange_classes(data, weights, capsys):
    (data / "train" / "Cup").rename(data / "train" / "Tree")
    line = ["evaluate", str(data / "train"), "--weights", weights]
    assert main(line) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "do not know: Tree" in error
    assert "has not: cup" in error
    assert main([*line, "--unknown"]) == 0
    assert "Of 4 clouds of classes that the weights do not know, 0 were called unknown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--split", "val"], "has no split val, only train, test"),
        (["--worst", "-1"], "worst: must be at least 0"),
        (["--html", "page.png"], "page.png: a page is an .html file"),
        (["--weights", "nowhere"], "nowhere: neither weights"),
        (["-o", "{file}"], "Not a directory"),
    ],
)
def test_bad_input_is_one_line(data, weights, capsys, more, expected):
    more = [word.format(file=data / "test/Box/leak.npy") for word in more]
    assert main(["evaluate", str(data), "--weights", weights, *more]) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([], "give a folder or a table"),
        (["--weights", "nimba-robust"], "give a folder or a table"),
        (["--weights", "a.ckpt", "--split", "all"], "split: needs DATA"),
        (["--weights", "a.ckpt", "--up", "z"], "up: needs DATA"),
        (["--weights", "a.ckpt"], "a.ckpt: no such checkpoint"),
        (["missing"], "missing: no such folder"),
    ],
)
def test_what_is_missing_is_said(capsys, line, expected):
    assert main(["evaluate", *line]) == 2
    assert expected in capsys.readouterr().err


def test_without_data_a_checkpoint_is_scored_as_eval_does(tmp_path, capsys):
    train(arguments(tmp_path))
    capsys.readouterr()
    checkpoint = tmp_path / "runs/tiny/0/last.ckpt"
    assert main(["evaluate", "--weights", str(checkpoint), "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    trained = json.loads((checkpoint.parent / "record.json").read_text())["test"]
    assert trained == {key: said[key] for key in trained}
    assert json.loads((checkpoint.parent / "evaluation/evaluation.json").read_text()) == said


class _Page(HTMLParser):
    """Collects what a page would ask the network for, and whether its elements close."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.ids: list[str] = []
        self.svgs = 0

    def handle_starttag(self, tag, attrs):
        self.svgs += tag == "svg"
        self.asked += [value for name, value in attrs if name in ("src", "href") and not value.startswith("#")]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_asks_for_nothing_and_escapes_names(data, weights, tmp_path):
    evil = data / "test/Box/<script>alert(1)<|script>.npy"
    shutil.copy(data / "test/Box/1.npy", evil)
    page = tmp_path / "page.html"
    main(["evaluate", str(data), "--weights", weights, "--html", str(page), "--worst", "3"])
    text = page.read_text()
    parser = _Page()
    parser.feed(text)
    assert parser.open == []
    assert parser.asked == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert parser.svgs == 1 + 3  # reliability, and the worst
    assert "url(http" not in text
    assert "1 cloud lies in train and in another split as well" in text or "2 clouds lie" in text
    assert "broken.ply" in text
    for heading in ("Confusion matrix", "Reliability", "Classes", "Worst mistakes", "Duplicates", "Commands"):
        assert f"<h2>{heading}</h2>" in text
    counts = [int(number) for number in re.findall(r'<td class="(?:right|wrong)[^>]*>(\d+)', text)]
    assert sum(counts) == 11


def test_forty_classes_fit_a_terminal(tmp_path):
    """The shipped weights' names, in 80 columns and 40 rows."""
    names = nimba.load("nimba-small-modelnet40").spec.class_names
    for place, name in enumerate(names):
        (tmp_path / "data" / name).mkdir(parents=True)
        points = make_shape("chair", np.random.default_rng(place), 64)
        np.save(tmp_path / "data" / name / "a.npy", points)
    line = ["evaluate", "data", "--weights", "nimba-small-modelnet40", "--up", "y", "--turns", "1"]
    script = "import sys; from nimba.commands.main import main; sys.exit(main(sys.argv[1:]))"
    root = str(Path(nimba.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script, *line],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin", "COLUMNS": "80", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert max(map(len, printed)) <= 80
    assert len(printed) <= 40
    assert all(name in done.stdout for name in names)
