"""Many small files: one process, two processes, Ray with two workers; speed, start, and what a kill leaves.

Wall-clock times of a machine that others use say little, so the processors' seconds are counted as well: of the command
and of all processes that it started, looked at several times a second.
"""

import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.figures import Findings
from nimba.datasets.shapes.generate import CLASS_NAMES, make_shape

FILES, KILLED_FILES, POINTS, CORES, ROUNDS = 600, 400, 1024, 2, 1
_LOOK = 0.2  # seconds
_OPTIONS = ["--up", "z", "--turns", "1"]  # without the vote, which is the same everywhere
_PREDICT = ["-m", "nimba", "predict"]
_RAY = ["--engine", "ray", "--workers", str(CORES), "--part-size", "100"]
_DATA = str(Path(__file__).with_name("predict_ray_data.py"))
# Name, how it begins, its own options, threads of a process, what of its processes is killed.
WAYS: list[tuple[str, list[str], list[str], int, str]] = [
    ("one process, two threads", _PREDICT, [], CORES, ""),
    ("one process, one thread", _PREDICT, [], 1, ""),
    ("two processes (--workers 2)", _PREDICT, ["--workers", str(CORES)], 1, "forkserver"),
    ("Ray, two workers", _PREDICT, _RAY, 1, "ray::_predict"),
    ("Ray Data, two workers", [_DATA], [], 1, "MapWorker"),
]


@dataclass(frozen=True)
class Cost:
    """Of a command: seconds on the clock, and of the processors; the machine's load at its end."""

    seconds: float
    processors: float
    code: int
    load: float


def _best(costs: list[Cost]) -> Cost:
    """The least of each; the largest load."""
    seconds, processors = min(cost.seconds for cost in costs), min(cost.processors for cost in costs)
    return Cost(seconds, processors, 0, max(cost.load for cost in costs))


def run() -> Findings:
    """Files a second without the start, the start, and the rows that are there after one process was killed."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (1, KILLED_FILES, FILES):
            _write(folder / f"clouds-{count}", count)
        costs: dict[tuple[str, int], list[Cost]] = {}
        for turn in range(ROUNDS):  # in turn, so that whatever else the machine does meets all of them
            for what, begin, options, threads, _ in WAYS:
                for count in (1, FILES):
                    line = [*begin, "{}", "-o", "{}", *_OPTIONS, *options]
                    cost = _measured(line, folder, count, f"{what}-{turn}", threads)
                    costs.setdefault((what, count), []).append(cost)
                    print(f"   {what}, {count}: {cost}, load {os.getloadavg()[0]:.1f}", flush=True)
        for what, *_ in WAYS:
            start, whole = _best(costs[what, 1]), _best(costs[what, FILES])
            findings.add(f"{what}: start, with one file", start.seconds, "s")
            findings.add("  files a second after that", (FILES - 1) / (whole.seconds - start.seconds), "files/s")
            work = 1000 * (whole.processors - start.processors) / (FILES - 1)
            findings.add("  processors' time for a file", work, "ms", note=f"load up to {whole.load:.0f}")
        for number, (what, begin, options, threads, victim) in enumerate(WAYS):
            if not victim:
                continue
            line = [*begin, "{}", "-o", "{}", *_OPTIONS, *options]
            cost = _measured(line, folder, KILLED_FILES, f"{number}-killed", threads, victim)
            rows = _rows(folder / f"out-{KILLED_FILES}-{number}-killed")
            said = f"of {KILLED_FILES}; exit code {cost.code}"
            findings.add(f"{what}: rows after one of its processes was killed", rows, "rows", note=said)
    return findings


def _write(folder: Path, count: int) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        np.save(folder / f"{number:05}.npy", make_shape(CLASS_NAMES[number % len(CLASS_NAMES)], rng, POINTS))


def _measured(line: list[str], folder: Path, count: int, number: object, threads: int, victim: str = "") -> Cost:
    """Run a command on ``count`` files; with a ``victim`` a process of that name is killed once there are rows."""
    places = iter([folder / f"clouds-{count}", folder / f"out-{count}-{number}"])
    command = [sys.executable, *(str(next(places)) if word == "{}" else word for word in line)]
    begin = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)}
    with (folder / "log").open("w") as log:
        child = psutil.Popen(command, env=environment, stdout=log, stderr=log)
        used: dict[int, float] = {}
        while child.poll() is None:
            family = _family(child)
            used |= {one.pid: cpu for one in family if (cpu := _processors(one)) is not None}
            if victim and _begun(folder / f"out-{count}-{number}"):
                victim = "" if _kill(family, victim) else victim
            time.sleep(_LOOK)
    seconds = time.perf_counter() - begin
    if child.returncode and not victim and count != KILLED_FILES:
        raise RuntimeError((folder / "log").read_text()[-2000:])
    return Cost(seconds, sum(used.values()), child.returncode, os.getloadavg()[0])


def _family(child: psutil.Popen) -> list[psutil.Process]:
    try:
        return [child, *child.children(recursive=True)]
    except psutil.Error:
        return []


def _processors(process: psutil.Process) -> float | None:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system


def _begun(output: Path) -> bool:
    return any(output.glob("shard-*.jsonl")) or any(output.glob("parts/*.parquet"))


def _kill(family: list[psutil.Process], name: str) -> bool:
    """Kill the last one whose command line has ``name``, but not the first of the family."""
    for process in reversed(family[1:]):
        try:
            if name in " ".join(process.cmdline()):
                process.send_signal(signal.SIGKILL)
                return True
        except psutil.Error:
            continue
    return False


def _rows(output: Path) -> int:
    import pandas as pd

    parts = sum(len(pd.read_parquet(part)) for part in output.glob("parts/*.parquet"))
    return parts + sum(shard.read_bytes().count(b"\n") for shard in output.glob("shard-*.jsonl"))
