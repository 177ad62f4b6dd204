"""How a process ends: its exit code, and one line for what a user can put right."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from nimba.runtime.cleanly import Terminated, run_cleanly, terminate
from nimba.runtime.errors import InputError


def raising(error: BaseException):
    def function() -> None:
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("x.ply: empty\nfile; export it anew"), 2, "error: x.ply: empty file; export it anew\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (KeyboardInterrupt("resume with: a"), 130, "interrupted; resume with: a\n"),
        (Terminated(), 143, "terminated\n"),
        (Terminated("resume with: a"), 143, "terminated; resume with: a\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "a/b"),
            2,
            "error: a/b: No space left on device; make room\n",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", b"a"),
            2,
            "error: a: No such file or directory\n",
        ),
        (BrokenPipeError(errno.EPIPE, "Broken pipe", "a.mp4"), 2, "error: a.mp4: Broken pipe\n"),
        (OSError("cannot identify\nimage"), 2, "error: cannot identify image\n"),
    ],
    ids=str,
)
def test_what_a_user_can_put_right_is_one_line(error, code, said, capsys):
    assert run_cleanly(raising(error)) == code
    assert capsys.readouterr().err == said


def test_results_are_exit_codes_and_faults_of_ours_keep_their_traceback():
    assert run_cleanly(lambda: None) == 0
    assert run_cleanly(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        run_cleanly(lambda: 1 / 0)
    with pytest.raises(SystemExit):
        run_cleanly(raising(SystemExit(2)))


def test_the_signal_of_termination_raises_and_the_second_kills():
    seen = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            seen.append(signal.getsignal(signal.SIGTERM))

    assert run_cleanly(work) == 143
    assert seen == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_handler_that_is_there_stays(monkeypatch):
    """A process that was started to ignore the signal, or has a handler of its own, meant it."""
    for handler in (signal.SIG_IGN, lambda number, frame: None):
        before = signal.signal(signal.SIGTERM, handler)
        try:
            assert run_cleanly(lambda: os.kill(os.getpid(), signal.SIGTERM)) == 0
            assert signal.getsignal(signal.SIGTERM) is handler
        finally:
            signal.signal(signal.SIGTERM, before)


def test_the_handler_counts_as_an_interruption():
    with pytest.raises(KeyboardInterrupt):
        terminate(signal.SIGTERM, None)


def script(body: str) -> list[str]:
    lines = f"import sys\nfrom nimba.runtime.cleanly import run_cleanly\ndef work():\n    {body}"
    return [sys.executable, "-c", f"{lines}\nsys.exit(run_cleanly(work))"]


@pytest.mark.parametrize(("buffered", "where"), [("", "standard output: "), ("1", "")])
def test_a_full_disk_behind_standard_output_is_one_line(buffered, where):
    environment = {**os.environ, "PYTHONUNBUFFERED": buffered}
    with open("/dev/full", "w") as full:
        command = script("print('a')")
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert result.stderr == f"error: {where}No space left on device; make room\n"
    assert result.returncode == 2


@pytest.mark.parametrize(
    ("body", "code"), [("print('a' * 100_000)", 141), ("print('a')", 141), ("print('usage'); raise SystemExit(0)", 0)]
)
def test_a_reader_that_went_away_is_no_fault(body, code):
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(script(body), stdout=-1, stderr=-1, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == code
