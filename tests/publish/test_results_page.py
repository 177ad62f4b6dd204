import shutil

import pytest
import yaml

from nimba.commands.main import main
from nimba.experiments.sweep import read_sweep
from nimba.publish.goals import goals
from nimba.publish.results_page import report, spread, write_report
from nimba.records.results import RESULTS, ROOT
from nimba.runtime.files import write_json


@pytest.fixture
def sweeps(tmp_path):
    folder = tmp_path / "sweeps"
    folder.mkdir()
    (tmp_path / "small.yaml").write_text(yaml.safe_dump({"model": {"model": "nimba_tiny"}}))
    variants = {"0.8": {}, "0.5": {"model.model_settings.r": 0.5}, "0.3": {"model.model_settings.r": 0.3}}
    sweep = {"title": "Steps", "question": "Q?", "config": "../small.yaml", "x": "r", "seeds": [0, 1]}
    (folder / "r.yaml").write_text(yaml.safe_dump({**sweep, "variants": variants}))
    return folder


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    for runs in RESULTS.glob("modelnet40*"):  # the default weights' among them
        shutil.copytree(runs, folder / runs.name)
    return folder


def add(results, place, seed, accuracy):
    machine = {"cpu": "A CPU", "cores": 2, "threads": 1, "gpu": None}
    test = {"OA": accuracy, "mAcc": accuracy - 0.1}
    record = {"test": test, "seconds": 120.0, "parameters": 1000, "epochs": [{}] * 8, "machine": machine}
    (results / place).mkdir(parents=True, exist_ok=True)
    write_json(results / place / f"{seed}.json", record)


def test_runs_are_averaged_and_missing_ones_said(sweeps, results, tmp_path):
    add(results, "small/base", 0, 0.80)
    add(results, "small/base", 1, 0.82)
    add(results, "r/0.5", 0, 0.75)
    page = report(results, sweeps)
    assert "| 0.8 (the config itself) | 81.00 ± 1.41 % | 71.00 ± 1.41 % | 2 | 1,000 | 2 minutes |" in page
    assert "| 0.5 | 75.00 % | 65.00 % | 1 | 1,000 | 2 minutes |" in page
    assert "| 0.3 | not run yet | | 0 | | |" in page
    assert "Finished 3 of 6 runs." in page
    written = write_report(results, tmp_path / "docs" / "results.md", sweeps)
    assert [path.name for path in written] == ["results.md", "sweep_r.png"]
    assert written[0].read_text() == page
    assert written[1].stat().st_size > 5000


def test_folds_are_averaged(sweeps, results):
    path = sweeps / "r.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "mean": "all folds"}))
    assert "all folds" not in report(results, sweeps)  # of nothing there is no mean
    for place, accuracy in (("small/base", 0.7), ("r/0.5", 0.8), ("r/0.3", 0.9)):
        add(results, place, 0, accuracy)
    assert "| **all folds** | 80.00 ± 10.00 % | 70.00 ± 10.00 % | 3 | | |" in report(results, sweeps)


def test_goals_are_missed_or_met_as_the_records_say(tmp_path):
    assert goals(tmp_path).count("| not run yet | | |") == 3
    for seed, accuracy, parameters in ((0, 0.92, 2_000_000), (1, 0.95, 12_000_000), (2, 0.99, 13_000_000)):
        run = tmp_path / "modelnet40_x" / str(seed)
        run.mkdir(parents=True)
        record = {"experiment": "modelnet40_x", "seed": seed, "parameters": parameters, "test": {"OA": accuracy}}
        write_json(run / "record.json", record)
    (tmp_path / "robustness").mkdir()
    write_json(tmp_path / "robustness" / "a.json", {"name": "a", "summary": {"mER": 0.15}})
    write_json(tmp_path / "robustness" / "b.json", {"name": "b", "summary": None})  # tested on the conditions alone
    page = goals(tmp_path)
    assert (
        "12.3M parameters | 94.50 % | 95.00 % | met | modelnet40_x, seed 1: 12,000,000 parameters; best of 2 |" in page
    )
    assert "3M parameters | 93.00 % | 92.00 % | 1.00 points | modelnet40_x, seed 0: 2,000,000 parameters |" in page
    assert "| 14.00 % | 15.00 % | 1.00 points | a |" in page


def test_spread_is_that_of_a_sample():
    assert spread([0.5]) == "50.00 %"
    assert spread([0.5, 0.6]) == "55.00 ± 7.07 %"


def test_the_committed_page_holds_what_the_records_say():
    page = ROOT / "docs" / "results.md"
    assert page.read_text(encoding="utf-8") == report(RESULTS), "run `nimba report`"
    for sweep in (ROOT / "configs" / "sweeps").glob("*.yaml"):
        assert read_sweep(sweep).title in page.read_text(encoding="utf-8")


def test_records_that_are_not_there(tmp_path, capsys):
    assert main(["report", "--results", str(tmp_path / "none"), "--output", str(tmp_path / "out.md")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert not (tmp_path / "out.md").exists()
