import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import nimba
from nimba.clouds.read import read as read_file
from nimba.commands.main import main
from nimba.commands.predict import predict
from nimba.inference import Decider, Vote
from nimba.prediction import batches as prediction_batches
from nimba.runtime.errors import InputError
from tests.prediction.many import write_clouds, write_weights
from tests.prediction.on_ray.cluster import start, wait_until


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return str(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture
def clouds(tmp_path):
    return tmp_path / "clouds"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def table(output):
    with (output / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rows(output):
    """Whole lines of all shards: what must not hold a file twice."""
    content = [path.read_text().rpartition("\n")[0] for path in sorted(output.glob("shard-*.jsonl"))]
    return [json.loads(line) for text in content for line in text.splitlines()]


@pytest.mark.parametrize(("up", "batch_size"), [("auto", 5), ("z", 24), ("-x", 1)])
def test_predicts_what_classify_says_of_each_file(weights, clouds, output, up, batch_size):
    names = write_clouds(clouds)
    assert predict(clouds, output=output, weights=weights, up=up, batch_size=batch_size, top=3) == 0
    found = table(output)
    assert [row["file"] for row in found] == names
    answers = nimba.load(weights).classify(clouds, up=up)
    for row, one in zip(found, answers, strict=True):
        assert one.source == str(clouds / row["file"])
        assert (row["up"], int(row["points"]), row["error"]) == (one.pose.up, one.points, "")
        assert (row["label"], row["is_unknown"], row["up_given"]) == (one.label, "False", str(up != "auto"))
        columns = [("class", "probability"), ("class_2", "probability_2"), ("class_3", "probability_3")]
        assert [row[name] for name, _ in columns] == [name for name, _ in one.top(3)]
        expected = [probability for _, probability in one.top(3)]
        assert [float(row[name]) for _, name in columns] == pytest.approx(expected, rel=1e-5)
    assert up == "auto" or {row["up"] for row in found} == {up}


def test_batch_mates_do_not_matter(weights, clouds, tmp_path):
    write_clouds(clouds, 10, broken=2)
    written = []
    for number, batch_size in enumerate([1, 4, 10]):
        output = tmp_path / str(number)
        predict(clouds, output=output, weights=weights, batch_size=batch_size)
        written.append(table(output))
    for other in written[1:]:
        for one, same in zip(written[0], other, strict=True):
            assert (one["file"], one["class"], one["up"], one["error"]) == (
                (same["file"], same["class"], same["up"], same["error"])
            )
            if one["class"]:
                assert float(one["probability"]) == pytest.approx(float(same["probability"]), rel=1e-5)


@pytest.mark.slow
def test_workers_do_not_matter(weights, clouds, tmp_path):
    write_clouds(clouds, 10, broken=2)
    for workers in (0, 2):
        predict(clouds, output=tmp_path / str(workers), weights=weights, batch_size=4, workers=workers)
    assert table(tmp_path / "0") == table(tmp_path / "2")


def test_unreadable_files_have_a_row_that_says_why(weights, clouds, output, capsys):
    names = write_clouds(clouds, 6)
    (clouds / "bad.ply").write_bytes(b"no ply")
    (clouds / "nan.npy").write_bytes(b"")
    np.save(clouds / "wide.npy", np.zeros((5, 2), np.float32))
    assert predict(clouds, output=output, weights=weights, batch_size=2) == 1
    assert "3 files could not be read" in capsys.readouterr().err
    of = {row["file"]: row for row in table(output)}
    assert of.keys() == {*names, "bad.ply", "nan.npy", "wide.npy"}
    for name in ("bad.ply", "nan.npy", "wide.npy"):
        assert of[name]["error"]
        assert str(clouds) not in of[name]["error"].split(":")[0]
        assert "\n" not in of[name]["error"]
        assert of[name]["class"] == of[name]["points"] == ""
    assert all(of[name]["class"] and not of[name]["error"] for name in names)


def test_a_killed_prediction_goes_on(weights, clouds, output):
    names = write_clouds(clouds, 400, broken=3)
    command = [sys.executable, "-m", "nimba", "predict", str(clouds), "--output", str(output), "--weights", weights]
    command += ["--up", "y", "--turns", "1"]  # without a vote, which takes its time
    process = subprocess.Popen([*command, "--batch-size", "2"], env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 60
    while not (output.is_dir() and len(rows(output)) > 8) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = rows(output)
    assert 8 < len(before) < len(names)
    assert not (output / "predictions.csv").exists()

    assert predict(clouds, output=output, weights=weights, up="y", turns=1) == 1
    assert [row["file"] for row in table(output)] == names
    after = rows(output)
    assert all(row in after for row in before)
    assert sorted(row["file"] for row in after) == names


def failing(monkeypatch, name, errors):
    """Reading ``name`` raises the next of ``errors``, until there are none."""
    errors = list(errors)

    def read(path):
        if path.name == name and errors:
            raise errors.pop(0)
        return read_file(path)

    monkeypatch.setattr(prediction_batches, "read", read)
    return errors


def of_the_disk() -> InputError:
    """What a reader makes of a disk that fails."""
    error = InputError("a.npy: not a readable file")
    error.__cause__ = OSError(errno.EIO, "Input/output error")
    return error


PASSING = [
    PermissionError(errno.EACCES, "Permission denied"),
    MemoryError("Unable to allocate 2 TiB"),
    ImportError("cannot import name 'ndimage' from partially initialized module"),
    of_the_disk(),
    IndexError("a fault of this program"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_is_not_the_files_fault_is_not_stored(weights, clouds, output, monkeypatch, capsys, error):
    """Whatever was raised became the file's row for ever, an interrupted import among it."""
    names = write_clouds(clouds, 6)
    bad = clouds / names[2]
    failing(monkeypatch, bad.name, [error] * 3)  # the vote tries it first
    assert predict(clouds, output=output, weights=weights, batch_size=2) == 1
    out, err = capsys.readouterr()
    assert "5 files" in out
    reason, summary = err.splitlines()
    assert reason.startswith(f"error: {bad}: ")
    assert summary == "error: 1 files could not be read for now; the same command tries them again"
    assert [row["file"] for row in table(output)] == [name for name in names if name != names[2]]
    assert names[2] not in {row["file"] for row in rows(output)}

    assert predict(clouds, output=output, weights=weights) == 0
    assert [row["file"] for row in table(output)] == names
    assert not any(row["error"] for row in table(output))


def test_what_passes_is_tried_again_at_once(weights, clouds, output, monkeypatch, capsys):
    names = write_clouds(clouds, 4)
    failing(monkeypatch, (clouds / names[0]).name, PASSING[:1])
    assert predict(clouds, output=output, weights=weights) == 0
    assert [row["file"] for row in table(output)] == names
    assert sorted(row["file"] for row in rows(output)) == names
    assert capsys.readouterr().err == ""


def test_what_votes_is_read_once(weights, clouds, output, monkeypatch):
    """The first clouds are read for the vote on the axis; what was read then is classified, too."""
    names = write_clouds(clouds, 6)
    read: list[str] = []
    monkeypatch.setattr(prediction_batches, "read", lambda path: [read.append(path.name), read_file(path)][1])
    assert predict(clouds, output=output, weights=weights, batch_size=4) == 0
    assert sorted(read) == sorted(name.rpartition("/")[2] for name in names)


VOTE = replace(Vote.of_files(), clouds=12)


def test_the_first_vote_holds_for_every_start(weights, clouds, output, monkeypatch):
    names = write_clouds(clouds, 12)
    votes: list[int] = []

    def vote(self, prepared):
        votes.append(len(prepared))
        return VOTE

    seen: list[dict] = []
    decide = Decider.decide

    def decided(self, prepared, vote=None):
        seen.append(vote.to_dict())
        return decide(self, prepared, vote)

    monkeypatch.setattr(Decider, "vote", vote)
    monkeypatch.setattr(Decider, "decide", decided)
    assert predict(clouds, output=output, weights=weights) == 0
    np.save(clouds / "new.npy", np.random.default_rng(5).normal(size=(50, 3)))
    assert predict(clouds, output=output, weights=weights) == 0
    assert votes == [12, 12]  # of a batch, and of all
    assert seen == [VOTE.to_dict()] * 2
    assert len(table(output)) == len(names) + 1


def test_what_is_no_cloud_is_counted(weights, clouds, output, capsys):
    write_clouds(clouds, 3)
    for name in ("notes.md", "a/labels.json", ".hidden"):
        (clouds / name).touch()
    assert predict(clouds, output=output, weights=weights) == 0
    assert capsys.readouterr().out.endswith("predictions.csv: 3 files; 2 that are no clouds were passed over\n")


def test_predictions_of_an_earlier_version_are_merged(output, clouds, capsys):
    """Its rows have classes as pairs, and neither labels nor scores."""
    write_clouds(clouds, 2)
    output.mkdir()
    old = {"file": "000.npy", "points": 40, "up": "z", "classes": [["cup", 0.5], ["box", 0.3]]}
    (output / "shard-00000-of-00001.jsonl").write_text(
        json.dumps(old) + "\n" + json.dumps({"file": "001.npy", "error": "empty"}) + "\n"
    )
    (output / "settings.json").write_text(
        json.dumps({"folder": str(clouds.resolve()), "weights": "0", "up": "auto", "top": 2})
    )
    assert predict(clouds, output=output, merge=True) == 1
    first, second = table(output)
    assert (first["label"], first["class"], first["probability"], first["class_2"]) == ("cup", "cup", "0.5", "box")
    assert (first["up"], first["unknown"], second["error"]) == ("z", "", "empty")


def test_a_file_that_vanishes_gets_no_row(weights, clouds, output, monkeypatch):
    names = write_clouds(clouds, 3)

    def read(path):
        if path.name == (clouds / names[1]).name:
            path.unlink(missing_ok=True)
        return read_file(path)

    monkeypatch.setattr(prediction_batches, "read", read)
    assert predict(clouds, output=output, weights=weights) == 0  # nothing of the folder is missing
    assert [row["file"] for row in table(output)] == [names[0], names[2]]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_code_and_it_goes_on(weights, clouds, output, monkeypatch, capsys, number, code):
    names = write_clouds(clouds, 6)
    with monkeypatch.context() as during:

        def read(path):
            if path.name == (clouds / names[3]).name:
                os.kill(os.getpid(), number)
            return read_file(path)

        during.setattr(prediction_batches, "read", read)
        line = ["predict", str(clouds), "--output", str(output), "--weights", weights, "--batch-size", "2"]
        line += ["--up", "-y", "--turns", "1"]
        assert main(line) == code
    word = {130: "interrupted", 143: "terminated"}[code]
    assert capsys.readouterr().err == f"{word}; the same command resumes where it stopped\n"
    assert len(rows(output)) == 2
    assert main(line) == 0
    assert [row["file"] for row in table(output)] == names
    assert sorted(path.name.split("-")[0] for path in output.iterdir()) == [
        "predictions.csv",
        "settings.json",
        "shard",
        "shard",
    ]


@pytest.mark.slow
def test_the_number_of_processes_may_change(weights, clouds, output):
    names = write_clouds(clouds, 600)
    line = ["predict", str(clouds), "-o", str(output), "--weights", weights, "--batch-size", "2", "--workers"]
    process = start([*line, "3", "--up", "y", "--turns", "1"])
    wait_until(lambda: len(rows(output)) > 50, process)
    process.kill()
    process.communicate()
    before = rows(output)
    assert len(before) < len(names)
    time.sleep(2)  # its processes have nobody to tell, and end
    stopped = len(rows(output))
    assert start([*line, "2", "--up", "y", "--turns", "1"]).wait(timeout=300) == 0
    assert [row["file"] for row in table(output)] == names
    after = rows(output)
    assert all(row in after for row in before)
    assert sorted(row["file"] for row in after) == names
    assert stopped < len(names)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes(weights, clouds, output, number, code):
    write_clouds(clouds, 600)
    line = ["predict", str(clouds), "-o", str(output), "--weights", weights, "--batch-size", "2", "--workers", "2"]
    process = start([*line, "--up", "z", "--turns", "1"])
    wait_until(lambda: len(rows(output)) > 10, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    word = {130: "interrupted", 143: "terminated"}[code]
    assert (process.returncode, out, err) == (code, "", f"{word}; the same command resumes where it stopped\n")
    assert not (output / "deaths.jsonl").exists()  # no file is to blame
    there = len(rows(output))
    time.sleep(1)
    assert len(rows(output)) == there < 600


def test_a_finished_prediction_is_not_made_again(weights, clouds, output):
    write_clouds(clouds, 6)
    predict(clouds, output=output, weights=weights)
    first = (output / "predictions.csv").read_bytes()
    np.save(clouds / "new.npy", np.random.default_rng(5).normal(size=(50, 3)).astype(np.float32))
    predict(clouds, output=output, weights=weights)
    assert [row["file"] for row in rows(output)].count("new.npy") == 1
    assert len(rows(output)) == 7
    assert set(first.splitlines()) < set((output / "predictions.csv").read_bytes().splitlines())


def test_merge_writes_what_there_is(weights, clouds, output, capsys):
    names = write_clouds(clouds)
    predict(clouds, output=output, weights=weights, top=2)
    (shard,) = output.glob("shard-*.jsonl")
    shard.write_bytes(shard.read_bytes()[:-30])
    assert predict(clouds, output=output, merge=True) == 1
    shown = capsys.readouterr()
    done = len(table(output))
    assert done == len(names) - 1
    assert f"{done} files" in shown.out
    assert "1 files have no prediction yet" in shown.err
    assert "class_2" in table(output)[0]
    assert "class_3" not in table(output)[0]


def test_the_output_may_lie_among_the_clouds(weights, clouds):
    write_clouds(clouds, 4)
    for _ in range(2):
        assert predict(clouds, output=clouds / "predictions", weights=weights) == 0
    assert len(table(clouds / "predictions")) == 4


def test_predictions_of_another_kind_are_not_mixed(weights, clouds, output, tmp_path):
    write_clouds(clouds, 3)
    predict(clouds, output=output, weights=weights)
    other = str(write_weights(tmp_path / "other.safetensors", seed=1))
    write_clouds(tmp_path / "more", 3)
    for change in ({"up": "z"}, {"turns": 1}, {"top": 2}, {"weights": other}, {"folder": tmp_path / "more"}):
        settings = {"folder": clouds, "output": output, "weights": weights, **change}
        with pytest.raises(InputError, match=f"another {next(iter(change))}"):
            predict(**settings)
    with pytest.raises(InputError, match="not of"):
        predict(tmp_path / "more", output=output, merge=True)


def test_bad_input_is_one_line(weights, clouds, output, capsys):
    clouds.mkdir()
    (clouds.parent / "file").touch()
    for line in (
        [str(clouds / "nowhere")],
        [str(clouds)],
        [str(clouds), "--merge"],
        [str(clouds), "--top", "0"],
        [str(clouds), "--batch-size", "0"],
        [str(clouds), "--workers", "-1"],
        [str(clouds), "--weights", "nowhere.ckpt"],
    ):
        assert main(["predict", *line, "--output", str(output)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    write_clouds(clouds, 2)
    assert main(["predict", str(clouds), "--weights", weights, "--output", str(clouds.parent / "file")]) == 2
    assert "choose another --output" in capsys.readouterr().err
