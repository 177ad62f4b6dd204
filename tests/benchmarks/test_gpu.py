"""The GPU's checks, as far as they go without one."""

import signal
import subprocess
import sys
import time

import pytest
import torch

from benchmarks.figures import Findings
from benchmarks.gpu import equality
from benchmarks.gpu.__main__ import attempt
from benchmarks.gpu.kernels import _least_bytes
from benchmarks.gpu.training import TRAINING_CLOUDS, rate


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "skipped: no CUDA device here\n"
    assert not (tmp_path / "out").exists()


def test_a_check_that_fails_or_takes_too_long_keeps_none_back(capsys):
    before = signal.getsignal(signal.SIGALRM)
    end = time.monotonic() + 60
    assert attempt(lambda: None, "good", end)
    assert not attempt(lambda: 1 / 0, "bad", end)  # type: ignore[arg-type,return-value]
    assert not attempt(lambda: time.sleep(30), "slow", time.monotonic() + 1.2)
    assert not attempt(lambda: None, "late", time.monotonic())
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "bad: ZeroDivisionError: division by zero",
        "slow: TimeoutError: the time is up",
        "late: no time left",
    ]
    assert signal.getsignal(signal.SIGALRM) == before


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
