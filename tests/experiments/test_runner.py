import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from nimba.experiments.runner import Runner, describe
from nimba.experiments.runs import Run
from nimba.experiments.sweep import read_sweep
from nimba.runtime.errors import InputError
from tests.training.tiny import config

ROOT = Path(__file__).parents[2]


def write_sweep(folder: Path, epochs: int, **variants) -> Path:
    """A sweep over the tiny run, without its network's settings written twice."""
    base = config(folder, max_epochs=epochs)
    base["model"]["model_settings"] = {**base["model"]["model_settings"], "drop_path": 0.0}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(base))
    sweep = {"title": "T", "question": "Q?", "config": "tiny.yaml", "seeds": [0], "variants": variants}
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(sweep))
    return path


def runs_of(path: Path) -> list[Run]:
    return [Run(variant, 0, path.parent / "runs", path.parent / "results") for variant in read_sweep(path).variants]


RANDOM = {"model.model_settings.order": "random"}


def test_runs_are_trained_once_collected_and_guarded(tmp_path, capsys):
    path = write_sweep(tmp_path, 1, first={}, random=RANDOM)
    first, random = runs_of(path)
    with first.held() as lock:
        assert lock is not None
        assert Runner(2).run([first, random]) == 0  # what another process has is left to it
    assert not first.folder.record.exists()
    assert "1/2 tiny/base/0: another process has it" in capsys.readouterr().out

    record = json.loads((tmp_path / "results" / "sweep" / "random" / "0.json").read_text())
    assert record["finished"]
    assert record["config"]["model"]["model_settings"]["order"] == "random"
    assert record["test"]["OA"] == random.record()["test"]["OA"]
    assert str(tmp_path / "runs") not in json.dumps(record["config"])
    assert f"OA {record['test']['OA']:.2%}" in describe(random)

    stamp = random.folder.checkpoint.stat().st_mtime_ns
    random.result.unlink()
    assert Runner().run([random]) == 0
    assert random.folder.checkpoint.stat().st_mtime_ns == stamp
    assert random.result.is_file()
    assert "(was there)" in capsys.readouterr().out

    _, other = runs_of(write_sweep(tmp_path, 1, first={}, random={**RANDOM, "model.optimizer.lr": 0.5}))
    with pytest.raises(InputError, match=r"sweep/random/0: .*model\.optimizer\.lr is 0\.5 here, 0\.01 there"):
        Runner().run([other])


def test_a_sweep_that_is_terminated_keeps_its_epochs_and_goes_on(tmp_path):
    path = write_sweep(tmp_path, 16, first={})
    (run,) = runs_of(path)
    command = [sys.executable, "-m", "nimba", "sweep", str(path)]
    folders = ["--runs", str(run.runs), "--results", str(run.results)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # tests beside this one have the other cores
    process = subprocess.Popen([*command, *folders], cwd=ROOT, stderr=subprocess.PIPE, text=True, env=alone)
    deadline = time.monotonic() + 120
    while len((run.record() or {"epochs": ()})["epochs"]) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    said = "terminated; what was trained is kept; the same command resumes\n"
    assert (process.returncode, errors) == (143, said)
    before = run.record()
    assert before is not None
    assert 2 <= len(before["epochs"]) < 16
    with run.held() as lock:
        assert lock is not None  # nobody has it any more

    assert Runner().run([run]) == 0
    after = run.record()
    assert after is not None
    assert len(after["epochs"]) == 16
    assert after["epochs"][: len(before["epochs"]) - 1] == before["epochs"][:-1]
    assert after["finished"]


def test_results_that_cannot_be_kept_are_told_of_before_the_runs(tmp_path):
    path = write_sweep(tmp_path, 1, first={})
    (tmp_path / "results").touch()
    (run,) = runs_of(path)
    with pytest.raises(NotADirectoryError) as caught:
        Runner().run([run])
    assert caught.value.filename == str(run.result)
    assert not run.folder.path.exists()


def test_a_run_that_fails_says_why_and_lets_the_others_run(tmp_path, capsys):
    path = write_sweep(tmp_path, 1, missing={"data.init_args.num_points": 4096}, first={})
    first, missing = runs_of(path)
    assert Runner().run([missing, first]) == 1
    out = capsys.readouterr().out
    assert "sweep/missing/0  not begun; failed: error: " in out
    assert "4096" in out
    assert first.finished


def test_the_cores_are_shared_out():
    cores = len(os.sched_getaffinity(0))
    assert Runner(1)._environment["OMP_NUM_THREADS"] == str(cores)
    assert Runner(10 * cores)._environment["NUMBA_NUM_THREADS"] == "1"
    with pytest.raises(InputError, match="workers"):
        Runner(0)
