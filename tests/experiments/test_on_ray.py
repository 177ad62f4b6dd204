"""A sweep on Ray is that of the other engine, whatever is lost on the way."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nimba.commands.main import main
from nimba.experiments.runner import Runner
from nimba.runtime import optional
from tests.experiments.test_runner import RANDOM, ROOT, runs_of, write_sweep
from tests.prediction.on_ray.cluster import two_machines

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not optional.ray().available, reason="needs nimba[ray]")]


def start(path, *options):
    command = [sys.executable, "-m", "nimba", "sweep", str(path), "--engine", "ray", *options]
    folders = ["--runs", str(path.parent / "runs"), "--results", str(path.parent / "results")]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *folders], cwd=ROOT, env=variables, **pipes)


def epochs(run):
    return len((run.record() or {"epochs": ()})["epochs"])


def wait_for_epochs(run, count, process):
    deadline = time.monotonic() + 180
    while epochs(run) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_runs_at_once_are_those_of_the_other_engine(tmp_path, capsys):
    (tmp_path / "ray").mkdir()
    (tmp_path / "processes").mkdir()
    runs = {}
    for engine in ("ray", "processes"):
        path = write_sweep(tmp_path / engine, 2, first={}, random=RANDOM)
        where = ["--runs", str(path.parent / "runs"), "--results", str(path.parent / "results"), "--workers", "2"]
        assert main(["sweep", str(path), "--engine", engine, *where]) == 0
        lines = sorted(line.partition(" ")[2].rpartition("  ")[0] for line in capsys.readouterr().out.splitlines())
        runs[engine] = (lines, [run.record()["test"]["OA"] for run in runs_of(path)])
        assert main(["sweep", str(path), "--engine", engine, *where, "--only", "random", "--seeds", "0"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("1/1 sweep/random/0  OA ")
        assert out.endswith(" (was there)\n")
    assert runs["ray"] == runs["processes"]


def test_a_run_on_a_machine_that_is_switched_off_goes_on_elsewhere(tmp_path):
    path = write_sweep(tmp_path, 16, first={}, random=RANDOM)
    first, second = runs_of(path)
    with two_machines() as (cluster, machine):
        process = start(path, "--workers", "2", "--ray-address", cluster.address)
        wait_for_epochs(first, 2, process)
        wait_for_epochs(second, 2, process)
        cluster.remove_node(machine, allow_graceful=False)
        out, err = process.communicate(timeout=400)
    assert (process.returncode, err) == (0, "")
    assert out.count("OA") == 2
    for run in (first, second):
        assert run.finished
        assert epochs(run) == 16
        assert run.result.is_file()
    starts = [run.log.read_text().count("Resum") for run in (first, second)]
    assert sum(count > 0 for count in starts) <= 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_sweep_that_is_ended_leaves_nobody_behind_and_resumes(tmp_path, number):
    path = write_sweep(tmp_path, 16, first={})
    (run,) = runs_of(path)
    process = start(path)
    wait_for_epochs(run, 2, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    if number == signal.SIGTERM:
        assert (process.returncode, err) == (143, "terminated; what was trained is kept; the same command resumes\n")
    deadline = time.monotonic() + 60
    while True:
        with run.held() as lock:
            if lock is not None:
                break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    before = epochs(run)
    assert 2 <= before < 16
    assert Runner().run([run]) == 0
    assert epochs(run) == 16
    assert run.finished
