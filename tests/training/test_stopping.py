"""What ends a training from outside: its exit code, what is kept, and the line that resumes it."""

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from lightning.pytorch import Callback

import nimba
from nimba.evaluation.cli import main as evaluate
from nimba.evaluation.scoring import Scoring
from nimba.records.folder import RunFolder
from nimba.runtime.cleanly import Terminated, run_cleanly
from nimba.training.cli import train
from tests.training.tiny import arguments, config, read

ROOT = Path(nimba.__file__).parents[1]


class SignalIn(Callback):
    """Send this process a signal in the middle of an epoch (counted from 0)."""

    def __init__(self, number: int, epoch: int):
        self.number = number
        self.epoch = epoch

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx) -> None:
        if (trainer.current_epoch, batch_idx) == (self.epoch, 1):
            os.kill(os.getpid(), self.number)


class FullDiskFrom(Callback):
    """From an epoch's end on no file may grow beyond some bytes."""

    def __init__(self, epoch: int):
        self.epoch = epoch

    def on_train_epoch_start(self, trainer, pl_module) -> None:
        if trainer.current_epoch == self.epoch:
            resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.fixture(autouse=True)
def kept_handlers():
    """Nothing of a run stays behind in the process, least of all an ignored Ctrl-C."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {number: signal.getsignal(number) for number in before} == before


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_keeps_the_checkpoint_and_says_how_to_go_on(tmp_path, capsys, number, code, word):
    """Ctrl-C ended with 1; SIGTERM with 0 and without a word, as if the run were finished."""
    command = arguments(tmp_path, "--test_at_end=false")
    assert run_cleanly(lambda: train(command, callbacks=[SignalIn(number, epoch=2)])) == code
    folder = RunFolder(tmp_path / "runs", "tiny", 0)
    line = f"python train.py fit --config {shlex.quote(str(folder.config))} --resume"
    said = f"{word}; the run is kept up to its last whole epoch; resume it with: {line}\n"
    assert capsys.readouterr().err == said
    assert read(folder.checkpoint)["epoch"] == 1
    _, objects = train(shlex.split(line)[2:])
    assert objects["trainer"].current_epoch == 4


def test_a_signal_before_the_first_epochs_end_says_how_to_start_anew(tmp_path, capsys):
    command = arguments(tmp_path, "--test_at_end=false", "--trainer.max_epochs=1")
    assert run_cleanly(lambda: train(command, callbacks=[SignalIn(signal.SIGTERM, epoch=0)])) == 143
    line = capsys.readouterr().err.partition("no epoch was complete; start again with: python train.py ")[2]
    train(shlex.split(line))


def test_from_python_a_signal_is_an_exception(tmp_path):
    """Lightning raised SystemExit, with 1 or 0."""
    command = arguments(tmp_path, "--test_at_end=false")
    with pytest.raises(Terminated, match="--resume"):
        train(command, callbacks=[SignalIn(signal.SIGTERM, epoch=1)])


def test_ctrl_c_in_an_evaluation_is_told(tmp_path, monkeypatch, capsys):
    train(arguments(tmp_path, "--test_at_end=false", "--trainer.max_epochs=1"))
    checkpoint = str(tmp_path / "runs/tiny/0/last.ckpt")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        monkeypatch.setattr(Scoring, "test_step", lambda *_, number=number: os.kill(os.getpid(), number))
        assert run_cleanly(lambda: evaluate(["--checkpoint", checkpoint])) == code
    assert capsys.readouterr().err == "interrupted\nterminated\n"


def test_a_full_disk_keeps_the_checkpoint_before(tmp_path, capsys):
    command = arguments(tmp_path, "--test_at_end=false")
    assert run_cleanly(lambda: train(command, callbacks=[FullDiskFrom(epoch=1)])) == 2
    folder = RunFolder(tmp_path / "runs", "tiny", 0)
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {folder.checkpoint}: File too large; the run is kept")
    assert error.endswith(" --resume")
    assert read(folder.checkpoint)["epoch"] == 0
    assert not list(folder.path.glob(".*"))


def test_runs_in_an_impossible_place_are_one_line(tmp_path, capsys):
    command = arguments(tmp_path)
    (tmp_path / "runs").touch()
    assert run_cleanly(lambda: train(command)) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "runs") in error


def test_scores_are_printed_before_they_are_stored(tmp_path, monkeypatch, capsys):
    """After all the scoring a disk that is full left a traceback and no figure."""
    train(arguments(tmp_path, "--test_at_end=false", "--trainer.max_epochs=1"))
    capsys.readouterr()
    checkpoint = str(tmp_path / "runs/tiny/0/last.ckpt")
    (tmp_path / "file").touch()
    command = ["--checkpoint", checkpoint, "--output", str(tmp_path / "file" / "out")]
    assert run_cleanly(lambda: evaluate(command)) == 2  # at once
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert str(tmp_path / "file" / "out") in err

    full = lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device", "out/confusion.png"))  # noqa: E731
    monkeypatch.setattr("nimba.evaluation.report.draw_confusion", full)
    assert run_cleanly(lambda: evaluate(["--checkpoint", checkpoint, "--output", str(tmp_path / "out")])) == 2
    out, err = capsys.readouterr()
    assert "OA " in out
    assert err == "error: out/confusion.png: No space left on device; make room\n"


def alive(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(path.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["lightning", "torchrun"])
def test_all_processes_of_a_run_end(tmp_path, launcher):
    settings = config(tmp_path, max_epochs=500)
    settings["trainer"] |= {"devices": 2, "strategy": "ddp"}
    settings["data"]["init_args"]["batch_size"] = 4
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"] if launcher == "torchrun" else []
    command = [sys.executable, *torchrun, "train.py", *arguments(tmp_path, settings=settings)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True, start_new_session=True)
    checkpoint = tmp_path / "runs/tiny/0/last.ckpt"
    try:
        while not checkpoint.is_file() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert "--resume" in errors
    if launcher == "lightning":
        assert process.returncode == 143
        assert "Traceback" not in errors
    deadline = time.monotonic() + 10
    while alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(process.pid)
