"""One run from its command line to its record."""

import json
import platform
import runpy
import sys
from pathlib import Path

import pytest
import torch

import nimba
from nimba.evaluation.evaluate import evaluate
from nimba.records.machine import describe_code, describe_machine
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from tests.datasets.layouts import write_modelnet40_hdf5
from tests.training.tiny import NETWORK, arguments, config, read

ROOT = Path(nimba.__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    metrics, objects = train(arguments(folder, "--trainer.max_epochs=2"))
    return folder / "runs/tiny/0", metrics, objects


def test_files_of_a_run(run):
    path, _, _ = run
    names = {file.name for file in path.iterdir()}
    assert names == {"last.ckpt", "config.yaml", "record.json", "csv", "tensorboard"}
    assert (path / "csv/version_0/metrics.csv").is_file()
    assert any((path / "tensorboard").glob("events*"))


def test_the_record(run):
    path, metrics, objects = run
    record = json.loads((path / "record.json").read_text())
    assert record["finished"]
    assert record["seed"] == 0
    assert record["parameters"] == sum(p.numel() for p in objects["model"].parameters())
    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2]
    assert {"lr", "train/loss", "train/OA", "train/mAcc"} <= record["epochs"][0].keys()
    assert record["test"]["weights"] == "last epoch"
    assert record["test"]["samples"] == 7
    assert record["test"]["OA"] == metrics["test/OA"]
    assert record["config"]["model"]["model_settings"] == NETWORK
    assert record["config"]["trainer"]["precision"] == "32-true"
    assert not {"resume", "overwrite"} & record["config"].keys()
    assert record["machine"]["torch"] == torch.__version__
    assert record["code"]["version"] == nimba.__version__


def test_the_checkpoint_describes_and_rebuilds_its_network(run):
    path, _, objects = run
    checkpoint = read(path / "last.ckpt")  # holds plain types and tensors only
    assert checkpoint["nimba"]["model"] == "nimba_tiny"
    assert checkpoint["nimba"]["class_names"] == ["class0", "class1", "class2"]
    assert checkpoint["nimba"]["normalisation"] == "unit_sphere"
    assert checkpoint["nimba"]["num_points"] == 32
    assert checkpoint["nimba"]["settings"]["order"] == "nimba"
    assert checkpoint["config"]["data"]["class_path"] == "nimba.datasets.ModelNet40DataModule"
    network = nimba.load(path / "last.ckpt")
    points = torch.randn(2, 32, 3)
    with torch.no_grad():
        torch.testing.assert_close(network(points), objects["model"].model.eval()(points), rtol=0, atol=0)


def test_evaluation_gives_the_figure_of_training(run):
    path, metrics, _ = run
    evaluation = evaluate(path / "last.ckpt")
    assert evaluation.plain.overall_accuracy == metrics["test/OA"]
    assert evaluation.plain.mean_class_accuracy == metrics["test/mAcc"]
    assert evaluation.weights == "last epoch"


def test_the_config_of_a_run_starts_the_same_run(run, tmp_path):
    path, metrics, _ = run
    again, _ = train(["fit", "--config", str(path / "config.yaml"), "--runs", str(tmp_path)])
    assert again == metrics


def test_a_single_class_is_nothing_to_tell_apart(tmp_path):
    write_modelnet40_hdf5(tmp_path / "data", classes=1)
    with pytest.raises(InputError, match="data: has 1 class; training needs two or more"):
        train(arguments(tmp_path))


def test_batches_of_one_cloud_are_one_line(tmp_path):
    with pytest.raises(InputError, match="batch_size is 1: training takes batches of two"):
        train(arguments(tmp_path, "--data.batch_size=1"))


def test_a_trial_run_writes_nothing(tmp_path):
    train(arguments(tmp_path, "--trainer.fast_dev_run=true"))
    assert not (tmp_path / "runs").exists()


def test_a_validation_split_is_scored_each_epoch(tmp_path):
    settings = config(tmp_path, max_epochs=1)
    settings["data"]["init_args"]["val_fraction"] = 0.3
    metrics, _ = train(arguments(tmp_path, "--test_at_end=false", settings=settings))
    assert {"val/loss", "val/OA", "val/mAcc"} <= metrics.keys()
    assert "test/OA" not in metrics
    record = json.loads((tmp_path / "runs/tiny/0/record.json").read_text())
    assert record["test"] is None
    assert "val/OA" in record["epochs"][0]


def test_a_checkpoint_of_another_network_is_refused(run):
    _, _, objects = run
    task = objects["model"]
    checkpoint = {"nimba": {**task.spec().to_dict(), "class_names": ["a", "b", "c"]}}
    with pytest.raises(InputError, match="class_names"):
        task.on_load_checkpoint(checkpoint)
    with pytest.raises(InputError, match="not a description"):
        task.on_load_checkpoint({})


def test_a_checkpoint_from_before_a_setting_is_resumed(run):
    _, _, objects = run
    task = objects["model"]
    description = task.spec().to_dict()
    older = {key: value for key, value in description["settings"].items() if key not in ("mixer", "head_dim")}
    task.on_load_checkpoint({"nimba": {**description, "settings": older}})
    with pytest.raises(InputError, match="settings differ"):
        task.on_load_checkpoint({"nimba": {**description, "settings": {**older, "mixer": "identity"}}})


@pytest.mark.parametrize(
    ("script", "wrong"), [("train.py", ["fit", "--modle", "x"]), ("eval.py", ["--checkpoint", "no.ckpt"])]
)
def test_the_entry_points_end_with_one_line_and_code_2(monkeypatch, capsys, script, wrong):
    monkeypatch.setattr(sys, "argv", [script, *wrong])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / script), run_name="__main__")
    errors = capsys.readouterr().err
    assert end.value.code == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert wrong[1] in errors


def test_the_machine_is_described_without_names_or_paths():
    text = json.dumps(describe_machine() | describe_code())
    assert platform.node() not in text
    assert str(ROOT) not in text
    assert describe_code()["version"] == nimba.__version__
