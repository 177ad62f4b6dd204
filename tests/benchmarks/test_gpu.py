"""The GPU's checks, as far as they go without one."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch

from benchmarks.figures import Findings
from benchmarks.gpu import equality
from benchmarks.gpu.__main__ import EQUALITY, SPEED, Part, run
from benchmarks.gpu.kernels import _least_bytes
from benchmarks.gpu.ledger import Ledger
from benchmarks.gpu.setup import Setup
from benchmarks.gpu.training import EPOCHS, PIECE, SAID, SPARE, TRAINING_CLOUDS, fitting_epochs, rate, split


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "skipped: no CUDA device here; --rehearse goes without one\n"
    assert not (tmp_path / "out").exists()


def test_a_part_that_fails_or_takes_too_long_keeps_none_back_and_is_run_again(tmp_path):
    calls = []

    def check(name, action, seconds=60.0):
        def look(setup, findings):
            calls.append(name)
            findings.add(name, 1.0, "s")
            action()

        return Part(name, look, seconds)

    parts = [check("good", lambda: None), check("bad", lambda: 1 / 0), check("slow", lambda: time.sleep(30), 0.3)]
    before = signal.getsignal(signal.SIGALRM)
    setup = Setup("cpu")
    assert [run(part, setup, Ledger(tmp_path, "cpu")) for part in parts] == [True, False, False]
    kept = json.loads((tmp_path / "gpu.json").read_text())["parts"]
    assert [kept[part.name]["error"] for part in parts] == [
        "",
        "ZeroDivisionError: division by zero",
        "TimeoutError: the time is up",
    ]
    assert [figure["what"] for figure in Ledger(tmp_path, "cpu").figures()] == ["good", "bad", "slow"]
    assert [run(part, setup, Ledger(tmp_path, "cpu")) for part in parts] == [True, False, False]
    assert calls == ["good", "bad", "slow", "bad", "slow"]  # what was done is not done again
    assert not Ledger(tmp_path, "cuda").done("good")  # a rehearsal does not count
    assert signal.getsignal(signal.SIGALRM) == before


def test_all_parts_but_the_training_fit_into_eight_minutes():
    assert sum(part.seconds for part in EQUALITY) <= 90
    assert sum(part.seconds for part in (*EQUALITY, *SPEED)) <= 8 * 60


@pytest.mark.parametrize("part", [*EQUALITY, *SPEED], ids=lambda part: part.name)
def test_every_part_can_be_rehearsed(part):
    findings = Findings()
    part.check(Setup("cpu"), findings)
    assert findings.figures
    assert not [figure for figure in findings.figures if figure.unit in equality.UNITS and figure.met is False]


def test_a_training_takes_as_many_epochs_as_fit():
    """Marks of a trial's log: a start of 20 seconds, a first epoch of 10, then 2 each."""
    marks = [float(seconds) for seconds in SAID.findall("epoch 1/6  a 1  10 s\nepoch 2/6  a 1  12 s\nother 9 s\n")]
    assert marks == [10, 12]
    marks += [14, 16, 18, 20]
    epochs = fitting_epochs(marks, 40, 300)
    assert 90 <= epochs <= 300 * (1 - SPARE) / 2
    assert fitting_epochs(marks, 40, 1e6) == EPOCHS
    assert fitting_epochs(marks, 40, 1) == 1
    with pytest.raises(RuntimeError, match="fewer than two epochs"):
        fitting_epochs([3.0], 40, 300)


def test_weights_travel_in_pieces(tmp_path):
    whole = tmp_path / "whole"
    whole.write_bytes(bytes(range(256)) * 4)
    pieces = split(whole, tmp_path, 300)
    assert [piece.stat().st_size for piece in pieces] == [300, 300, 300, 124]
    assert b"".join(piece.read_bytes() for piece in pieces) == whole.read_bytes()
    assert PIECE < 16 * 2**20


def test_differences_and_nan_miss_their_aims():
    findings = Findings()
    equality._same(findings, "same", torch.arange(4), torch.arange(4))
    equality._same(findings, "other", torch.arange(4), torch.tensor([0, 1, 2, 4]))
    one, off, broken = torch.ones(3), torch.tensor([1.0, 1.0, 1.2]), torch.tensor([1.0, torch.nan, 1.0])
    for name, found in (("close", one), ("far", off), ("nan", broken)):
        equality._close(findings, name, [one, found], [one.double(), one.double()], 1e-3)
    assert [figure.met for figure in findings.figures] == [True, False, True, False, False]
    assert findings.figures[1].value == 0.25


def test_the_bytes_that_a_scan_must_move():
    inputs = equality.scan_tensors(2, 8, 4, 16)
    wide, narrow, rates, skip = 2 * 16 * 8 * 4, 2 * 16 * 4 * 4, 8 * 4 * 4, 8 * 4
    read = 2 * wide + 2 * narrow + rates + skip
    assert _least_bytes(inputs) == (read + wide, (read + wide) + (read + wide) + read)


def test_the_rate_of_a_training(capsys):
    findings = Findings()
    record = {"epochs": [{}, {}], "seconds": 4.0, "finished": True, "test": {"OA": 0.5}}
    rate(record, findings)
    assert [figure.value for figure in findings.figures] == [TRAINING_CLOUDS / 2, 50.0]
