"""eval.py: the figure of training in a new process, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

import nimba
from nimba.datasets import ModelNet40DataModule
from nimba.evaluation.cli import main
from nimba.evaluation.evaluate import describe_weights, evaluate
from nimba.evaluation.picture import draw_confusion
from nimba.evaluation.scores import Scores
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from tests.datasets.layouts import write_modelnet40_hdf5
from tests.training.tiny import EMA, arguments, config, read

ROOT = Path(nimba.__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with EMA, and a data set of other classes beside it."""
    folder = tmp_path_factory.mktemp("run")
    train(arguments(folder, settings=config(folder, callbacks=[EMA])))
    write_modelnet40_hdf5(folder / "other", classes=2)
    return folder


@pytest.fixture(scope="module")
def checkpoint(run):
    return run / "runs/tiny/0/last.ckpt"


def test_a_new_process_gives_the_figure_of_training(run, checkpoint):
    command = [sys.executable, "eval.py", "--checkpoint", str(checkpoint), "--output", str(run / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stored = json.loads((run / "out/evaluation.json").read_text())
    trained = json.loads((checkpoint.parent / "record.json").read_text())["test"]
    assert trained["weights"] == "EMA of last epoch"
    assert trained == {key: stored[key] for key in trained}
    assert f"{100 * trained['OA']:.4f} %" in done.stdout
    assert "class2" in done.stdout


def test_files_and_lines(run, checkpoint, capsys):
    evaluation = main(["--checkpoint", str(checkpoint), "--votes", "2"])
    printed = capsys.readouterr().out
    folder = checkpoint.parent / "evaluation"
    stored = json.loads((folder / "evaluation.json").read_text())
    assert stored["OA"] == evaluation.plain.overall_accuracy
    assert stored["voted"]["passes"] == 2
    assert stored["voted"]["samples"] == stored["samples"] == 7
    assert stored["confusion"] == evaluation.plain.confusion
    assert "voted over 2 scaled passes: an extra" in printed
    with Image.open(folder / "confusion.png") as picture:
        assert min(picture.size) > 500


def test_voting_does_not_touch_the_plain_figure(checkpoint):
    plain = evaluate(checkpoint)
    assert plain.voted is None
    assert evaluate(checkpoint, votes=2).plain == plain.plain


def test_the_same_data_from_another_place(run, checkpoint):
    write_modelnet40_hdf5(run / "moved", test=5)
    moved = main(["--checkpoint", str(checkpoint), "--data.root", str(run / "moved"), "--output", str(run / "out")])
    assert moved.plain.samples == 5


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["--data.root", "{run}/other"], "knows 3 classes"),
        (["--data.normalisation", "cube"], "normalisation unit_sphere"),
        (["--data.root", "{run}/nowhere"], "nowhere"),
        (["--data.batch_sise", "3"], "batch_sise"),
        (["--votes", "-1"], "votes"),
        (["--checkpoint", "{run}/none.ckpt"], "no such checkpoint"),
        (["--checkpoint", "{run}/tiny.yaml"], "not a checkpoint, or cut short"),
    ],
)
def test_what_does_not_fit_is_one_line(run, checkpoint, change, expected):
    with pytest.raises(InputError, match=expected) as caught:
        main(["--checkpoint", str(checkpoint), *(part.format(run=run) for part in change)])
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused(run, checkpoint):
    foreign = read(checkpoint)
    foreign["state_dict"].pop("model.head.8.bias")
    torch.save(foreign, run / "foreign.ckpt")
    with pytest.raises(InputError, match=r"model\.|head\.8\.bias"):
        evaluate(run / "foreign.ckpt")


def test_a_checkpoint_of_other_software_is_named_as_such(run):
    torch.save({"state_dict": {"layer.weight": torch.zeros(3)}}, run / "other.ckpt")
    with pytest.raises(InputError, match=r"other\.ckpt: not a description of a NIMBA classifier"):
        main(["--checkpoint", str(run / "other.ckpt")])


def test_a_checkpoint_without_a_config_needs_data(run, checkpoint):
    bare = {key: value for key, value in read(checkpoint).items() if key != "config"}
    torch.save(bare, run / "bare.ckpt")
    with pytest.raises(InputError, match="data"):
        evaluate(run / "bare.ckpt")
    assert evaluate(run / "bare.ckpt", ModelNet40DataModule(str(run / "data"), num_points=32)).plain.samples == 7


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        ({"epoch": 3, "config": {"trainer": {"max_epochs": 4}}}, "last epoch"),
        ({"epoch": 1, "config": {"trainer": {"max_epochs": 4}}}, "epoch 2"),
        ({"epoch": 3, "config": {"trainer": {"max_epochs": 4}}, "averaging_state": {}}, "EMA of last epoch"),
    ],
)
def test_the_label_of_the_weights(checkpoint, expected):
    assert describe_weights(checkpoint) == expected


@pytest.mark.parametrize("classes", [2, 40])
def test_a_picture_of_any_number_of_classes(tmp_path, classes):
    names = [f"a_long_class_name_{i}" for i in range(classes)]
    draw_confusion(Scores.from_counts(names, torch.eye(classes) * 100), tmp_path / "confusion.png")
    assert [path.name for path in tmp_path.iterdir()] == ["confusion.png"]
