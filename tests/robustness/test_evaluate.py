"""The test of a network on made shapes: figures, resumption, refusals, the command line and the report."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from nimba.commands.main import main
from nimba.datasets.modelnet40_form import MODELNET40_CLASSES
from nimba.evaluation.evaluate import evaluate as plain
from nimba.robustness import evaluate as module
from nimba.robustness.cells import cells, evenly
from nimba.robustness.conditions import CONDITIONS
from nimba.robustness.corruptions import CORRUPTIONS, SEVERITIES
from nimba.robustness.evaluate import evaluate
from nimba.robustness.record import summarise
from nimba.robustness.report import SWEEP, lines, plots, section
from nimba.robustness.sweep import evaluate_sweep
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json
from nimba.training.cli import train
from tests.datasets.layouts import write_modelnet40_hdf5
from tests.training.tiny import arguments, config, read

CELLS = len(CONDITIONS) + len(CORRUPTIONS) * len(SEVERITIES)


def shapes(folder, **more):
    """A tiny run on the made shapes."""
    options = {
        "train_size": 48,
        "test_size": 12,
        "num_points": 128,
        "batch_size": 16,
        "cache_dir": str(folder / "shapes"),
    }
    data = {"class_path": "nimba.datasets.shapes.ShapesDataModule", "init_args": {**options, **more}}
    return {**config(folder), "data": data}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(arguments(folder, settings=shapes(folder)))
    return folder


@pytest.fixture(scope="module")
def checkpoint(folder):
    return str(folder / "runs/tiny/0/last.ckpt")


@pytest.fixture(scope="module")
def whole(folder, checkpoint):
    """A record with all cells."""
    evaluate(checkpoint, folder / "whole.json")
    return json.loads((folder / "whole.json").read_text())


def test_a_record_has_every_cell_and_says_of_what(whole, checkpoint):
    assert len(whole["cells"]) == CELLS
    assert whole["cells"]["clean"]["OA"] == pytest.approx(plain(checkpoint).plain.overall_accuracy)
    assert whole["cells"]["clean"]["mAcc"] == pytest.approx(plain(checkpoint).plain.mean_class_accuracy)
    assert whole["name"] == "last.ckpt"  # a place on this machine is nobody's business
    assert whole["described"] == "last epoch"
    assert whole["run"] == {"experiment": "tiny", "seed": 0}
    assert whole["settings"] == {"version": 1, "seed": 0, "frame": "unit_sphere", "limit": None}
    assert (whole["data"]["clouds"], whole["data"]["of"], whole["data"]["points"]) == (12, 12, 128)
    assert {"cpu", "torch"} <= set(whole["machine"])
    assert {"version", "revision"} <= set(whole["code"])


def test_error_rates_are_means_of_means(whole):
    summary, scores = whole["summary"], whole["cells"]
    for name in CORRUPTIONS:
        expected = np.mean([1 - scores[f"{name}/{severity}"]["OA"] for severity in SEVERITIES])
        assert summary["corruptions"][name] == pytest.approx(expected)
    assert summary["mER"] == pytest.approx(np.mean(list(summary["corruptions"].values())))
    assert summary["mER"] == pytest.approx(np.mean(list(summary["groups"].values())))
    assert summarise({key: value for key, value in scores.items() if key != "ffd/5"}) is None


def test_an_interrupted_test_goes_on_where_it_was(folder, checkpoint, whole, monkeypatch):
    path, scored = folder / "cut.json", []

    def stop_after_ten(network, tested, cell, *rest):
        if len(scored) == 10:
            raise KeyboardInterrupt
        scored.append(cell.key)
        return score(network, tested, cell, *rest)

    score = module._score
    monkeypatch.setattr(module, "_score", stop_after_ten)
    with pytest.raises(KeyboardInterrupt):
        evaluate(checkpoint, path)
    cut = json.loads(path.read_text())
    assert list(cut["cells"]) == scored
    assert cut["summary"] is None
    monkeypatch.setattr(module, "_score", score)
    assert evaluate(checkpoint, path)["cells"] == whole["cells"]
    assert json.loads(path.read_text())["seconds"] > cut["seconds"]


def test_a_kind_alone_has_clean_and_its_own_cells(folder, checkpoint, whole):
    path = folder / "kinds.json"
    conditions = evaluate(checkpoint, path, only="conditions")["cells"]
    assert conditions == {name: whole["cells"][name] for name in CONDITIONS}
    assert [cell.key for cell in cells("corruptions")][:2] == ["clean", "occlusion/1"]
    assert len(cells("corruptions")) == CELLS - len(CONDITIONS) + 1


def test_a_limit_takes_clouds_from_all_over_the_split(folder, checkpoint):
    record = evaluate(checkpoint, folder / "few.json", only="conditions", limit=5)
    assert (record["data"]["clouds"], record["data"]["of"]) == (5, 12)
    assert evenly(24, 5).tolist() == [0, 4, 9, 14, 19]
    assert evenly(24, None).tolist() == evenly(24, 99).tolist() == list(range(24))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": 1}, "other settings .seed is 0 there, 1 here"),
        ({"frame": "cube"}, "other settings .frame"),
        ({"limit": 3}, "other settings .limit is None there"),
        ({"weights": "other"}, "other weights"),
    ],
)
def test_a_record_of_another_test_is_refused(folder, checkpoint, whole, change, expected, tmp_path):
    if "weights" in change:
        other = read(Path(checkpoint))
        other["state_dict"]["model.head.8.bias"] += 1
        torch.save(other, tmp_path / "other.ckpt")
        change = {"weights": str(tmp_path / "other.ckpt")}
    before = (folder / "whole.json").read_text()
    with pytest.raises(InputError, match=expected) as caught:
        evaluate(**{"weights": checkpoint, "output": folder / "whole.json", **change})
    assert "\n" not in str(caught.value)
    assert (folder / "whole.json").read_text() == before


@pytest.mark.parametrize("content", ["{", "[]", '{"cells": {}}'])
def test_a_file_that_is_no_record_is_refused(checkpoint, content, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(InputError, match="record"):
        evaluate(checkpoint, path)
    assert path.read_text() == content


def test_other_frames_are_tested_under_the_conditions_alone(checkpoint, tmp_path):
    stored = read(Path(checkpoint))
    stored["nimba"]["normalisation"] = stored["config"]["data"]["init_args"]["normalisation"] = "cube"
    torch.save(stored, tmp_path / "cube.ckpt")
    with pytest.raises(InputError, match=r"normalisation cube.*--only conditions"):
        evaluate(str(tmp_path / "cube.ckpt"), tmp_path / "record.json")
    record = evaluate(str(tmp_path / "cube.ckpt"), tmp_path / "record.json", only="conditions", limit=2)
    assert len(record["cells"]) == len(CONDITIONS)


def test_shipped_weights_need_no_more_than_a_folder_of_data(tmp_path):
    write_modelnet40_hdf5(tmp_path, points=1024, classes=40, train=2, test=3)
    with pytest.raises(InputError, match="knows 40 classes"):  # the layout's names are not ModelNet40's
        evaluate("nimba-small-modelnet40", tmp_path / "record.json", tmp_path)
    (tmp_path / "shape_names.txt").write_text("\n".join(MODELNET40_CLASSES))
    record = evaluate("nimba-small-modelnet40", tmp_path / "record.json", tmp_path, only="conditions")
    assert (record["name"], record["described"], record["run"]) == ("nimba-small-modelnet40", "as shipped", None)
    assert record["data"]["points"] == 1024


@pytest.mark.skipif("NIMBA_MODELNET40" not in os.environ, reason="NIMBA_MODELNET40 does not say where ModelNet40 is")
def test_shipped_weights_know_real_shapes_and_lose_them_under_strong_corruptions(tmp_path):
    root = Path(os.environ["NIMBA_MODELNET40"])
    scores = evaluate("nimba-small-modelnet40", tmp_path / "record.json", root, "corruptions", limit=20)["cells"]
    assert scores["clean"]["OA"] >= 0.75
    assert scores["shear/1"]["OA"] > scores["background/5"]["OA"]


@pytest.fixture
def command(capsys):
    """Run the command: arguments -> exit code, stdout, stderr."""

    def run(*arguments):
        code = main(["robustness", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_the_command_evaluates(folder, checkpoint, whole, command):
    path = folder / "deep" / "command.json"
    code, out, _ = command("evaluate", "--weights", checkpoint, "--output", path, "--only", "conditions", "--limit", 6)
    assert code == 0
    assert "6 of 12 test clouds" in out
    assert "turn+jitter+dropout" in out
    assert path.is_file()
    assert "mean error rate" in "\n".join(lines(whole))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["evaluate", "--weights", "nowhere.ckpt", "--output", "x.json"], "nowhere.ckpt"),
        (["evaluate", "--weights", "{checkpoint}", "--output", "x.json", "--limit", "0"], "limit is 0"),
        (["evaluate", "--weights", "{checkpoint}", "--output", "x.json", "--data", "nowhere"], "root"),
        (["sweep", str(SWEEP), "--runs", "nowhere"], "none of its runs in nowhere is finished"),
        (["show", "nowhere.ply", "-o", "x.png"], "nowhere.ply: no such file"),
    ],
)
def test_errors_are_one_line(arguments, expected, checkpoint, command):
    code, out, err = command(*(part.format(checkpoint=checkpoint) for part in arguments))
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert expected in err


def test_show_draws(tmp_path, command):
    assert command("show", "chair", "-o", tmp_path / "figures" / "corruptions.png")[0] == 0
    assert (tmp_path / "figures" / "corruptions.png").stat().st_size > 50_000


@pytest.fixture
def tested_sweep(folder, tmp_path):
    """A sweep of which one run of two is finished, tested."""
    base = shapes(folder)
    (tmp_path / "small.yaml").write_text(yaml.safe_dump({key: base[key] for key in ("model", "data", "trainer")}))
    variants = {"none": {}, "all": {"data.init_args.transforms": []}}
    sweep = {"title": "T", "question": "Q?", "config": "../small.yaml", "seeds": [0], "variants": variants}
    (tmp_path / "sweeps").mkdir()
    path = tmp_path / "sweeps" / "robustness.yaml"
    path.write_text(yaml.safe_dump(sweep, sort_keys=False))
    run = tmp_path / "runs" / "small" / "base" / "0"
    shutil.copytree(folder / "runs/tiny/0", run)
    return path, tmp_path / "runs", tmp_path / "results"


def test_a_sweep_s_finished_runs_are_tested_once(tested_sweep):
    path, runs, results = tested_sweep
    first = list(evaluate_sweep(path, runs, results, limit=6))
    record = results / "robustness" / "none-0.json"
    assert first[0].startswith(f"none-0: {record}, clean OA")
    assert first[1] == "all-0: not finished yet"
    stored = json.loads(record.read_text())
    assert stored["variant"] == {"sweep": "robustness", "name": "none", "seed": 0}
    assert list(stored["cells"]) == list(CONDITIONS)
    before = record.stat().st_mtime_ns
    assert list(evaluate_sweep(path, runs, results, limit=6)) == first
    assert record.stat().st_mtime_ns == before


def test_the_report_has_the_records_and_says_what_is_missing(tmp_path, whole):
    empty = section(tmp_path)
    assert "not tested yet" in empty
    assert "No records yet" in empty
    assert plots(tmp_path, tmp_path / "figures") == []
    (tmp_path / "robustness").mkdir()
    write_json(tmp_path / "robustness" / "shapes.json", whole)
    for seed, change in ((0, 0.0), (1, 0.02)):
        scores = {name: {"OA": 0.5 + change, "mAcc": 0.4} for name in CONDITIONS}
        one = {
            **whole,
            "variant": {"sweep": "robustness", "name": "all", "seed": seed},
            "summary": None,
            "cells": scores,
        }
        one["data"] = {**whole["data"], "clouds": 6} if seed else whole["data"]
        write_json(tmp_path / "robustness" / f"all-{seed}.json", one)
    page = section(tmp_path)
    assert "| all | 51.00 ± 1.41 % |" in page
    assert f"| tiny, seed 0 | {100 * (1 - whole['cells']['clean']['OA']):.2f} % |" in page
    assert f"**{100 * whole['summary']['mER']:.2f} %**" in page
    assert "published, on the authors' files:* PCT with PointCutMix-R | 7.2 %" in page
    assert "A quick look, not the whole test split: robustness/all, seed 1: 6 of 12 clouds." in page
    written = plots(tmp_path, tmp_path / "figures")
    assert [path.name for path in written] == ["robustness_conditions.png", "robustness_corruptions.png"]
    assert all(path.stat().st_size > 5000 for path in written)
