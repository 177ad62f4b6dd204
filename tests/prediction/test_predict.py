import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nimba
from nimba.commands.classify import classify_file
from nimba.commands.main import main
from nimba.commands.predict import predict
from nimba.runtime.errors import InputError
from tests.prediction.many import write_clouds, write_weights


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


def as_rank(monkeypatch, number, count):
    monkeypatch.setenv("RANK", str(number))
    monkeypatch.setenv("WORLD_SIZE", str(count))


@pytest.mark.parametrize(("up", "batch_size"), [("auto", 5), ("z", 24), ("x", 1)])
def test_predicts_what_classify_says_of_each_file(weights, clouds, output, up, batch_size):
    names = write_clouds(clouds)
    assert predict(clouds, output=output, weights=weights, up=up, batch_size=batch_size, top=3) == 0
    found = table(output)
    assert [row["file"] for row in found] == names
    model = nimba.load(weights)
    for row in found:
        one = classify_file(model, clouds / row["file"], up)
        assert (row["up"], int(row["points"]), row["error"]) == (one["up"], one["points"], "")
        columns = [("class", "probability"), ("class_2", "probability_2"), ("class_3", "probability_3")]
        assert [row[name] for name, _ in columns] == [best["name"] for best in one["classes"]]
        expected = [best["probability"] for best in one["classes"]]
        assert [float(row[name]) for _, name in columns] == pytest.approx(expected, rel=1e-5)
    assert {row["up"] for row in found} == ({"y", "z"} if up == "auto" else {up})


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
    process = subprocess.Popen([*command, "--batch-size", "2"], env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 60
    while not (output.is_dir() and len(rows(output)) > 8) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = rows(output)
    assert 8 < len(before) < len(names)
    assert not (output / "predictions.csv").exists()

    assert predict(clouds, output=output, weights=weights) == 1
    assert [row["file"] for row in table(output)] == names
    after = rows(output)
    assert all(row in after for row in before)
    assert sorted(row["file"] for row in after) == names


def test_ranks_share_the_files_and_the_last_writes_the_table(weights, clouds, output, monkeypatch, capsys):
    names = write_clouds(clouds)
    as_rank(monkeypatch, 1, 2)
    assert predict(clouds, output=output, weights=weights) == 0
    assert "rank 1 of 2" in capsys.readouterr().out
    assert not (output / "predictions.csv").exists()
    half = [row["file"] for row in rows(output)]
    assert 0 < len(half) < len(names)
    as_rank(monkeypatch, 0, 2)
    assert predict(clouds, output=output, weights=weights) == 0
    assert [row["file"] for row in table(output)] == names
    assert sorted(row["file"] for row in rows(output)) == names


def test_an_unreadable_file_ends_no_other_rank(weights, clouds, output, monkeypatch):
    write_clouds(clouds, 12, broken=12)
    as_rank(monkeypatch, 0, 2)
    assert predict(clouds, output=output, weights=weights) == 0
    as_rank(monkeypatch, 1, 2)
    assert predict(clouds, output=output, weights=weights) == 1


def test_the_number_of_ranks_may_change(weights, clouds, output, monkeypatch):
    names = write_clouds(clouds, 40)
    for number in (0, 2):  # of four ranks two die
        as_rank(monkeypatch, number, 4)
        predict(clouds, output=output, weights=weights)
    torn = output / "shard-00002-of-00004.jsonl"
    torn.write_bytes(torn.read_bytes()[:-30])
    for number in (0, 1, 2):
        as_rank(monkeypatch, number, 3)
        predict(clouds, output=output, weights=weights)
    assert [row["file"] for row in table(output)] == names
    assert sorted(row["file"] for row in rows(output)) == names


@pytest.mark.slow
def test_two_processes_at_once(weights, clouds, output):
    names = write_clouds(clouds, 30)
    command = [sys.executable, "-m", "nimba", "predict", str(clouds), "--output", str(output), "--weights", weights]
    ranks = [
        subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1", "RANK": rank, "WORLD_SIZE": "2"})
        for rank in "01"
    ]
    assert [process.wait(timeout=120) for process in ranks] == [0, 0]
    assert [row["file"] for row in table(output)] == names
    assert sorted(row["file"] for row in rows(output)) == names


def test_a_finished_prediction_is_not_made_again(weights, clouds, output):
    write_clouds(clouds, 6)
    predict(clouds, output=output, weights=weights)
    first = (output / "predictions.csv").read_bytes()
    np.save(clouds / "new.npy", np.random.default_rng(5).normal(size=(50, 3)).astype(np.float32))
    predict(clouds, output=output, weights=weights)
    assert [row["file"] for row in rows(output)].count("new.npy") == 1
    assert len(rows(output)) == 7
    assert set(first.splitlines()) < set((output / "predictions.csv").read_bytes().splitlines())


def test_merge_writes_what_there_is(weights, clouds, output, monkeypatch, capsys):
    names = write_clouds(clouds)
    as_rank(monkeypatch, 1, 3)
    predict(clouds, output=output, weights=weights, top=2)
    assert predict(clouds, output=output, merge=True) == 1
    shown = capsys.readouterr()
    done = len(table(output))
    assert f"{done} files" in shown.out
    assert f"{len(names) - done} files have no prediction yet" in shown.err
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
    for change in ({"up": "z"}, {"top": 2}, {"weights": other}, {"folder": tmp_path / "more"}):
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
