"""A run that an earlier version left behind is evaluated, resumed, compared and started again.

``old_run.json`` holds what the checkpoint of such a run held: its config and description as they were written, before
modules and settings had the names of today, and the names and shapes of its weights.
"""

import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import yaml

import nimba
from nimba.evaluation.evaluate import evaluate
from nimba.experiments.resolved import difference, resolve
from nimba.records.names import current_names
from nimba.training.cli import train
from tests.datasets.layouts import write_modelnet40_hdf5
from tests.training.tiny import KilledError, KillIn, read

OLD = json.loads(Path(__file__).with_name("old_run.json").read_text())


@pytest.fixture
def old(tmp_path):
    """Its config, for data and runs that are here."""
    config = deepcopy(OLD["config"])
    config["data"]["init_args"]["root"] = str(write_modelnet40_hdf5(tmp_path / "data"))
    config["runs"] = str(tmp_path / "runs")
    config["trainer"]["max_epochs"] = 2
    return config


def test_the_example_is_of_the_past():
    assert "resident" in OLD["config"]["data"]["init_args"]


def test_its_checkpoint_is_loaded_and_evaluated(old, tmp_path):
    state = {name: torch.rand(shape) for name, shape in OLD["state_dict"].items()}
    torch.save({"epoch": 0, "config": old, "nimba": OLD["nimba"], "state_dict": state}, tmp_path / "old.ckpt")
    assert nimba.load(tmp_path / "old.ckpt").spec.class_names == ["class0", "class1", "class2"]
    evaluation = evaluate(tmp_path / "old.ckpt")
    assert (evaluation.plain.samples, evaluation.weights) == (7, "epoch 1")


def test_it_is_resumed(old, tmp_path):
    path = tmp_path / "old.yaml"  # as its folder has it
    path.write_text(yaml.safe_dump(old))
    with pytest.raises(KilledError):
        train(["fit", "--config", str(path)], callbacks=[KillIn(epoch=1)])
    last = tmp_path / "runs/tiny/0/last.ckpt"
    checkpoint = read(last)
    assert set(OLD["callbacks"]) <= checkpoint["callbacks"].keys()  # states are found by these names
    torch.save({**checkpoint, "config": old, "nimba": OLD["nimba"]}, last)
    metrics, objects = train(["fit", "--config", str(path), "--resume"])
    assert objects["trainer"].current_epoch == 2
    assert "test/OA" in metrics


def test_it_equals_the_same_run_of_today(old):
    assert difference(resolve(old), current_names(old)) is None


def test_names_are_changed_and_nothing_else():
    spec = {"class_path": "nimba.training.habit.ScoreTestEachEpoch"}
    config = {"data": {"init_args": {"resident": True, "seed": 1}}, "trainer": {"callbacks": [spec]}, "x": [None, 1.5]}
    before = deepcopy(config)
    renamed = current_names(config)
    assert config == before
    assert renamed["data"]["init_args"] == {"cache_on_device": True, "seed": 1}
    assert renamed["trainer"]["callbacks"] == [{"class_path": "nimba.training.test_each_epoch.ScoreTestEachEpoch"}]
    assert renamed["x"] == config["x"]
    assert current_names(renamed) == renamed
