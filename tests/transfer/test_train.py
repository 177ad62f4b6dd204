"""``nimba train`` on folders of made shapes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import nimba
from nimba.commands.main import main
from nimba.datasets.shapes import make_shape
from nimba.runtime.errors import InputError
from nimba.transfer.run import LOG, PLAN, REQUEST
from tests.training.tiny import KilledError

CLASSES = {"board": "table", "light": "lamp", "seat": "chair"}  # names that no weights know, and what is made
QUICK = {"start": "nimba-small-modelnet40", "epochs": 1, "up": "y", "points": 128}


def write_shapes(folder: Path, each: int = 8, points: int = 160) -> Path:
    for label, (name, shape) in enumerate(CLASSES.items()):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            cloud = make_shape(shape, np.random.default_rng([label, number]), points)
            np.save(folder / name / f"{number}.npy", cloud)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder of clouds, and a run on it; one of the files is no cloud inside."""
    folder = tmp_path_factory.mktemp("own")
    data = write_shapes(folder / "things")
    (data / "seat" / "7.npy").write_bytes(b"nothing")
    (data / "seat" / "notes.txt.bak").write_text("not a cloud")
    with pytest.warns(UserWarning, match="1 of .* files could not be read"):
        run = nimba.train(str(data), output=folder / "run", **QUICK)
    return data, run


def test_a_folder_becomes_a_classifier_with_its_figures(finished):
    _, run = finished
    for name in ("weights.safetensors", "metrics.json", "report.html", "config.yaml", "split.csv", LOG, "record.json"):
        assert (run.path / name).is_file(), name
    metrics = run.metrics
    assert metrics["oa"] > 0.7
    assert metrics["clouds"] + metrics["errors"] == 6
    assert metrics["errors"] + metrics["train_clouds"] + metrics["clouds"] >= 23
    assert {"oa", "macc", "ece", "seconds", "train_seconds"} <= set(metrics)
    page = run.report.read_text(encoding="utf-8")
    assert "nimba classify" in page
    log = (run.path / LOG).read_text()
    assert "head fitted to" in log
    assert "epoch 1/1" in log


def test_the_run_is_what_classify_and_evaluate_take(finished, capsys):
    data, run = finished
    model = nimba.load(run.path)
    assert model.spec.class_names == sorted(CLASSES)
    assert model.spec.frame.files_up == "y"
    assert main(["classify", str(data / "light" / "0.npy"), "--weights", str(run.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["label"] in CLASSES
    main(["evaluate", str(data), "--weights", str(run.path), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["metrics"]["oa"] == run.metrics["oa"]
    assert told["split"] == "test"  # what the run has not learnt from
    assert told["metrics"]["clouds"] == run.metrics["clouds"]


def test_a_finished_run_is_not_written_over_and_can_be_trained_on(finished, tmp_path):
    data, run = finished
    with pytest.raises(InputError, match="its run has ended; train on from it with --start"):
        nimba.train(str(data), output=run.path, **QUICK)
    with pytest.raises(InputError, match=r"other data or options \(epochs: is 2, was 1\)"):
        nimba.train(str(data), output=run.path, **{**QUICK, "epochs": 2})
    more = nimba.train(str(data), output=tmp_path / "more", **{**QUICK, "start": str(run.path)})
    log = (more.path / LOG).read_text()
    assert "with its head" in log
    assert "head fitted" not in log
    assert more.metrics["oa"] >= 0.7


def test_a_killed_run_is_resumed_by_the_same_command(tmp_path, monkeypatch):
    data = write_shapes(tmp_path / "things")
    options = {**QUICK, "epochs": 3}
    whole = nimba.train(str(data), output=tmp_path / "whole", **options)

    from nimba.training.record import RunRecord

    original = RunRecord.on_train_epoch_end
    seen = []

    def die(self, trainer, module):
        original(self, trainer, module)
        seen.append(trainer.current_epoch)
        if trainer.current_epoch == 1:
            raise KilledError

    monkeypatch.setattr(RunRecord, "on_train_epoch_end", die)
    with pytest.raises(KilledError):
        nimba.train(str(data), output=tmp_path / "cut", **options)
    monkeypatch.undo()
    assert (tmp_path / "cut" / PLAN).is_file()
    assert not (tmp_path / "cut" / "metrics.json").exists()
    cut = nimba.train(str(data), output=tmp_path / "cut", **options)
    ours, theirs = (nimba.load(run.path).state_dict() for run in (whole, cut))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert (tmp_path / "cut" / LOG).read_text().count("head fitted") == 1


def test_files_that_came_since_make_it_another_run(finished, tmp_path):
    data, run = finished
    shutil.copytree(data, tmp_path / "things")
    shutil.copytree(run.path, tmp_path / "run")
    request = json.loads((tmp_path / "run" / REQUEST).read_text())
    (tmp_path / "run" / REQUEST).write_text(json.dumps({**request, "data": str(tmp_path / "things")}))
    np.save(tmp_path / "things" / "light" / "new.npy", np.random.default_rng(0).normal(size=(99, 3)))
    with pytest.raises(InputError, match="the files of the data changed"):
        nimba.train(str(tmp_path / "things"), output=tmp_path / "run", **QUICK)


def test_from_nothing_with_rare_classes(tmp_path):
    data = write_shapes(tmp_path / "things", each=4)
    for number in range(4, 16):
        cloud = make_shape("lamp", np.random.default_rng([9, number]), 160)
        np.save(data / "light" / f"{number}.npy", cloud)
    run = nimba.train(str(data), output=tmp_path / "run", **{**QUICK, "start": "none"})
    log = (run.path / LOG).read_text()
    assert "from nothing" in log
    assert "rare classes count more" in log
    assert run.load().spec.model == "nimba_small"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs: must be at least 1"),
        ({"minutes": 0.0}, "minutes: must be above 0"),
        ({"start": "nimba-rubost"}, "nimba-rubost"),
        ({"group_by": "("}, "no regular expression"),
    ],
)
def test_what_will_not_do_is_one_line_and_leaves_nothing(finished, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        nimba.train(str(finished[0]), output=tmp_path / "run", **{**QUICK, **options})
    assert not (tmp_path / "run" / REQUEST).exists()


def test_classes_that_the_weights_know_keep_their_head(tmp_path):
    data = write_shapes(tmp_path / "things", each=4)
    for name, shape in CLASSES.items():
        (data / name).rename(data / shape.title())
    run = nimba.train(str(data), output=tmp_path / "run", **{**QUICK, "start": "auto"})
    log = (run.path / LOG).read_text()
    assert "with its head, which knows these classes" in log
    assert "head fitted" not in log
    assert run.load().spec.class_names == ["Chair", "Lamp", "Table"]
    assert not run.load().spec.frame.facing  # it was shown them turned any way


def test_one_class_is_none_to_tell_apart(tmp_path):
    data = write_shapes(tmp_path / "things", each=3)
    for name in list(CLASSES)[1:]:
        shutil.rmtree(data / name)
    with pytest.raises(InputError, match="has one class"):
        nimba.train(str(data), output=tmp_path / "run", **QUICK)
