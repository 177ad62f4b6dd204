"""300 mutants of all formats: none crashes, hangs, takes memory, or comes out as anything but a cloud or a refusal."""

import os
import signal

import numpy as np
import pytest

from benchmarks.fuzz import run, seeds, worker
from benchmarks.fuzz.child import Child
from nimba.clouds.formats.registry import FORMATS

NAMES = [format.name for format in FORMATS if not format.missing()]


def test_every_mutant_is_read_or_refused(tmp_path):
    table = run.fuzz(NAMES, 300, seed=7, keep=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert sum(table[name][outcome] for name in NAMES for outcome in run.GOOD) == 300
    assert sum(table[name]["read"] for name in NAMES) > 30


@pytest.mark.parametrize("name", NAMES)
def test_mutants_are_drawn_from_the_seed_alone(name):
    drawn = [run.mutant(name, i, seed=1) for i in range(20)]
    assert drawn == [run.mutant(name, i, seed=1) for i in range(20)]
    assert drawn != [run.mutant(name, i, seed=2) for i in range(20)]
    sound = {data for _, data in seeds.seeds_of(name)}
    assert sum(data not in sound for _, data in drawn) > 15


def test_what_is_no_cloud_counts_as_a_fault():
    cloud = np.eye(3, dtype=np.float32) + 1
    assert worker._judged(cloud)[0] == "read"
    for wrong in (cloud * np.nan, cloud * np.inf, cloud[:, :2], cloud.astype(float), cloud[:1], cloud * 0, cloud[0]):
        assert worker._judged(wrong)[0] == "other"


def test_a_worker_that_dies_or_says_nothing_is_noticed_and_replaced(tmp_path, monkeypatch):
    (tmp_path / "a.xyz").write_text("0 0 0\n1 1 1\n1 0 0\n0 1 0\n")
    monkeypatch.setattr("benchmarks.fuzz.child.SECONDS", 0.3)
    with Child(tmp_path) as child:
        process = child._started()
        os.kill(process.pid, signal.SIGSTOP)
        assert child.outcome("a.xyz")["outcome"] == "hang"
        monkeypatch.setattr("benchmarks.fuzz.child.SECONDS", 20)
        process = child._started()
        os.kill(process.pid, signal.SIGSEGV)
        process.wait()
        assert child.outcome("a.xyz") == {"outcome": "crash", "said": "exit code -11", "growth": 0}
        assert child.outcome("a.xyz")["outcome"] == "read"
