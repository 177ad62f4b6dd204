"""Sweeps on Ray: each run is a task, on whichever machine has the cores; the runs' folder is one that all machines see.

A run whose machine is lost goes on elsewhere, after its last whole epoch.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nimba.experiments.runner import bring_to_end, threads_in_environment, training
from nimba.experiments.runs import Run
from nimba.runtime.cluster import capacity, ray_cluster
from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output
from nimba.runtime.ray_tasks import each

_LOOK = 0.2  # seconds
_HANDED_OVER = 60.0  # seconds until what a lost machine had is free
_ENOUGH = 3  # workers that may die on a run
# Ends with the process that started it, which may be killed: then execs the rest of its command line.
_LEASH = (
    sys.executable,
    "-c",
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGKILL); os.execv(sys.argv[1], sys.argv[1:])",
)


@dataclass(frozen=True)
class RayRunner:
    """Bring runs to their end on a cluster; as ``Runner`` does on one machine.

    Args:
        workers: how many at once; the cluster's cores are shared out among them.
        address: of a running cluster; None to start one on this machine.

    Raises:
        InputError: a number out of its range.
    """

    workers: int = 1
    address: str | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError(f"workers: must be at least 1, got {self.workers}")

    def run(self, runs: Iterable[Run]) -> int:
        """Check all runs, then run them; returns how many could not be finished.

        Raises:
            InputError: as of ``Runner``, or where there is no cluster.
            KeyboardInterrupt: after Ctrl-C or SIGTERM, once the training processes have ended.
            OSError: if a record cannot be kept.
        """
        waiting = list(runs)
        for run in waiting:
            run.check()
            check_output(run.result)
        total, ended, failed = len(waiting), 0, 0
        try:
            with ray_cluster(self.address) as ray:
                for attempt in range(_ENOUGH):
                    dead = []
                    for run, result in each(ray, waiting, self._submitter(ray, attempt > 0), lambda: self.workers):
                        if result is None:
                            dead.append(run)
                            continue
                        ended, failed = ended + 1, failed + result[0]
                        print(f"{ended}/{total} {result[1]}", flush=True)
                    waiting = dead
        except KeyboardInterrupt as stop:
            raise type(stop)("what was trained is kept; the same command resumes") from None
        for run in waiting:
            print(f"{run.name}; failed: its worker died {_ENOUGH} times; more memory may help", flush=True)
        return failed + len(waiting)

    def _submitter(self, ray: Any, again: bool) -> Any:
        """What starts a run's task, on a machine that has its share of the cores."""
        most = max((int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]), default=1)
        cores = max(1, min(most, capacity(ray) // self.workers))
        task = ray.remote(num_cpus=cores, max_retries=0)(_bring_to_end)
        begun: set[str] = set()

        def submit(run: Run) -> Any:
            patient = again or run.name in begun  # submitted before: whoever had it may need a moment to let go
            begun.add(run.name)
            return task.remote(run, cores, os.getcwd(), patient)

        return submit


def _bring_to_end(run: Run, cores: int, folder: str, patient: bool) -> tuple[bool, str]:
    os.chdir(folder)  # that the config's paths are relative to
    deadline = time.monotonic() + _HANDED_OVER
    while patient and time.monotonic() < deadline:
        with run.held() as lock:
            if lock is not None:
                break
        time.sleep(_LOOK)
    return bring_to_end(run, partial(_train, cores=cores))


def _train(run: Run, lock: int, cores: int) -> None:
    child = training(run, lock, threads_in_environment(cores), _LEASH)
    try:
        while child.poll() is None:  # not wait: it hears nothing of a task that is cancelled
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
