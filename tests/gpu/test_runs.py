import json
import re
from pathlib import Path

import pytest
import torch
import yaml
from jsonargparse import ArgumentParser

import nimba
from nimba.classifier import create_model
from nimba.classifier.pretrained import read_checkpoint
from nimba.commands.main import main
from nimba.gpu.plan import Plan
from nimba.records.trust import restrict_parsing
from tests.gpu.tiny import TINY

DATA = {
    "class_path": "nimba.datasets.ShapesDataModule",
    "init_args": {"train_size": 160, "test_size": 40, "num_points": 128, "val_fraction": 0.2, "num_workers": 0},
}


def plan(folder, **network):
    options = {"name": "shapes_gpu", "model": "nimba_dense_s", "model_settings": TINY, "batch": 16, "at_once": 2}
    changes = {"mirror": 0.5, "seen": 0.5, "normalise": True}
    networks = [
        options | {"seed": 0} | network,
        options | {"seed": 1, "facing": False, "augmentation": changes} | network,
    ]
    path = folder / "plan.yaml"
    data = {**DATA, "init_args": {**DATA["init_args"], "cache_dir": str(folder / "cache")}}
    path.write_text(yaml.safe_dump({"most_epochs": 2, "data": data, "networks": networks}))
    return path


def exit_code(line):
    try:
        return main(line)
    except SystemExit as end:
        return end.code


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpu")
    line = ["gpu", "train", "--config", str(plan(folder)), "-o", str(folder / "out"), "--minutes", "2"]
    assert main([*line, "--device", "cpu"]) == 0
    return folder


def test_every_network_leaves_one_file_with_all_there_is_to_know(trained):
    for seed in (0, 1):
        path = trained / "out" / f"shapes_gpu-{seed}.ckpt"
        record = read_checkpoint(path)["record"]
        assert record["finished"]
        assert record["seed"] == seed
        assert record["beside"] == [f"shapes_gpu-{1 - seed}"]
        assert [entry["epoch"] for entry in record["epochs"]] == [1, 2]
        assert all(0 <= entry["train/OA"] <= 1 for entry in record["epochs"])
        assert record["validation"]["clouds"] == 36
        model = nimba.load(path)
        assert model.spec.frame.facing is (seed == 0)
        assert record["parameters"] == sum(p.numel() for p in model.parameters())


def test_a_run_is_made_of_it_whose_test_split_is_scored_once(trained, capsys):
    path = trained / "out" / "shapes_gpu-1.ckpt"
    assert main(["gpu", "finish", str(path), "--runs", str(trained / "runs")]) == 0
    assert re.search(r"test OA \d+\.\d\d %, mAcc \d+\.\d\d %", capsys.readouterr().out)
    run = trained / "runs" / "shapes_gpu" / "1"
    record = json.loads((run / "record.json").read_text())
    assert record["test"]["samples"] == 40
    assert record["test"]["weights"] == "EMA of last epoch"
    model = nimba.load(run / "last.ckpt")
    assert model.spec.calibration.clouds == 36
    assert model.familiarity is not None
    assert main(["gpu", "finish", str(path), "--runs", str(trained / "runs")]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_it_can_begin_with_what_came_out(trained, tmp_path):
    start = trained / "out" / "shapes_gpu-0.ckpt"
    config = plan(tmp_path, start=str(start))
    line = ["gpu", "train", "--config", str(config), "-o", str(tmp_path / "out"), "--minutes", "2"]
    assert main([*line, "--device", "cpu"]) == 0
    before, after = (read_checkpoint(p)["record"] for p in (start, tmp_path / "out" / "shapes_gpu-0.ckpt"))
    assert after["epochs"][0]["train/loss"] < before["epochs"][0]["train/loss"]


def test_what_is_no_finished_training_is_refused(trained, tmp_path, capsys):
    checkpoint = torch.load(trained / "out" / "shapes_gpu-0.ckpt", weights_only=True)
    cut, other = tmp_path / "cut.ckpt", tmp_path / "other.ckpt"
    torch.save(checkpoint | {"record": checkpoint["record"] | {"finished": False}}, cut)
    torch.save({name: part for name, part in checkpoint.items() if name != "record"}, other)
    for path, message in ((cut, "cut short"), (other, "holds no record")):
        assert main(["gpu", "finish", str(path), "--runs", str(tmp_path / "runs")]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--device", "tpu"], "'tpu' is not one of cuda, cpu"),
        (["--minutes", "0"], "minutes: give a time above 0"),
        (["--most-epoch", "3"], "did you mean '--most-epochs'"),
        (["--data.init_args.train_siz", "3"], "did you mean 'train_size'"),
        (["--data.class_path", "os.system"], "no class that a config may name"),
        (["--data.init_args.transforms", "/etc/passwd"], "data"),
        (["--device", "cpu", "--minutes", "1e-9"], "give more --minutes"),
        *([] if torch.cuda.is_available() else [([], "no CUDA device here")]),
    ],
)
def test_bad_commands_are_one_line(tmp_path, more, message, capsys):
    assert exit_code(["gpu", "train", "--config", str(plan(tmp_path)), "-o", str(tmp_path / "out"), *more]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert message in line
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


@pytest.mark.parametrize(
    "path", sorted((Path(nimba.__file__).parents[1] / "configs" / "gpu").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_plans_that_come_along_make_their_networks(path):
    restrict_parsing()
    settings = yaml.safe_load(path.read_text())
    assert settings.pop("data")["class_path"].startswith("nimba.datasets.")  # which need not be here
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Plan, None)
    made = parser.instantiate(parser.parse_object(settings))
    plan = Plan(made.networks, made.seeds, made.most_epochs, made.compiled)
    for how in plan.networks:
        with torch.device("meta"):
            assert create_model(how.model, 40, **how.model_settings).settings.encoder == "dense"
