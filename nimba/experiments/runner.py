"""Run sweeps: each run in a process of its own, several at once, so that they can be stopped and gone on with."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

from nimba.experiments.runs import Run
from nimba.runtime.cleanly import Terminated
from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output


class Runner:
    """Bring runs to their end, ``workers`` of them at once.

    A run that is finished is not run again, and one that was interrupted resumes after its last whole epoch. Ctrl-C and
    SIGTERM are handed on to the training processes, which stop; a second one kills them. What they had is kept.

    Args:
        workers: how many at once; the cores are shared out among them.
    """

    def __init__(self, workers: int = 1):
        if workers < 1:
            raise InputError(f"workers: must be at least 1, got {workers}")
        self.workers = workers
        self.stopped: int | None = None  # by which signal
        self._children: set[subprocess.Popen] = set()
        self._environment = threads_in_environment(max(1, len(os.sched_getaffinity(0)) // workers))

    def run(self, runs: Iterable[Run]) -> int:
        """Check all runs, then run them in turn; returns how many could not be finished.

        Raises:
            InputError: if a config cannot be, or a folder holds a run of another config; nothing is run then.
            KeyboardInterrupt: after Ctrl-C, Terminated after SIGTERM, once the training processes have ended.
            OSError: if a record cannot be kept; before any run where that can be told.
        """
        runs = list(runs)
        for run in runs:
            run.check()
            check_output(run.result)
        with self._handing_on(signal.SIGINT, signal.SIGTERM), ThreadPoolExecutor(self.workers) as pool:
            counts = [f"{number}/{len(runs)}" for number in range(1, len(runs) + 1)]
            failed = sum(pool.map(self._bring_to_end, runs, counts))
        if self.stopped:
            stop = Terminated if self.stopped == signal.SIGTERM else KeyboardInterrupt
            raise stop("what was trained is kept; the same command resumes")
        return failed

    def _bring_to_end(self, run: Run, count: str) -> bool:
        """Run one; True if it failed."""
        if self.stopped:
            return False
        failed, ending = bring_to_end(run, self._train)
        if not (failed and self.stopped):
            print(f"{count} {ending}", flush=True)
        return failed

    def _train(self, run: Run, lock: int) -> None:
        child = training(run, lock, self._environment)
        self._children.add(child)
        if self.stopped:  # by a signal that came before the child was known
            child.send_signal(signal.SIGINT)
        child.wait()
        self._children.discard(child)

    @contextmanager
    def _handing_on(self, *numbers: signal.Signals) -> Iterator[None]:
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        again, self.stopped = self.stopped, number
        for child in list(self._children):
            child.send_signal(signal.SIGKILL if again else signal.SIGINT)


def bring_to_end(run: Run, train: Callable[[Run, int], object]) -> tuple[bool, str]:
    """Train a run that is not finished, and keep its record.

    Args:
        run: to bring to its end, unless another process has it.
        train: trains it, given the descriptor that holds it.

    Returns:
        whether it failed, and the line that says what became of it.
    """
    with run.held() as lock:
        if lock is None:
            return False, f"{run.name}: another process has it"
        was_there = run.finished
        if not was_there:
            train(run, lock)
        failed = not run.finished
        if not failed:
            run.collect()
    ending = f"; failed: {run.last_word()}" if failed else " (was there)" if was_there else ""
    return failed, describe(run) + ending


def training(run: Run, lock: int, environment: dict[str, str], before: Sequence[str] = ()) -> subprocess.Popen:
    """Start the process that trains a run, or resumes it; what it says goes to the run's log.

    Args:
        run: to train.
        lock: the descriptor that holds the run; the process holds it too, so that a runner that is killed leaves no run
            to two.
        environment: of the process.
        before: words before those of the command.
    """
    run.prepare()
    with run.log.open("a", encoding="utf-8") as log:
        return subprocess.Popen(
            [*before, *run.command()],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=[lock],
            start_new_session=True,  # a terminal's Ctrl-C comes once, through us
        )


def threads_in_environment(count: int) -> dict[str, str]:
    """This process's environment, with so many threads."""
    return {**os.environ, "OMP_NUM_THREADS": str(count), "NUMBA_NUM_THREADS": str(count)}


def describe(run: Run) -> str:
    """A run's state on one line: its scores, or how far it is."""
    record = run.record()
    if record is None:
        return f"{run.name}  not begun"
    if not record["finished"]:
        return f"{run.name}  {len(record['epochs'])} of {record['config']['trainer']['max_epochs']} epochs"
    test = record["test"]
    return f"{run.name}  OA {test['OA']:.2%}  mAcc {test['mAcc']:.2%}  {record['seconds']:.0f} s"
