"""A training step, paired with the same step of an earlier revision of this repository, process beside process."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from benchmarks.figures import Findings

EARLIER = "84f7211"  # before the kernels named their vectors and shared torch's threads
ROUNDS = 15
ROOT = Path(__file__).resolve().parents[1]
STEP = """
import sys, time, torch
import torch.nn.functional as F
import nimba
from nimba.training.optimization import OptimizerSettings, create_optimizer

try:  # as the command line of this revision does; the earlier one had no such thing
    from nimba.runtime.memory import keep_freed_memory
    keep_freed_memory()
except ImportError:
    pass
torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
network = nimba.create_model("nimba_small", num_classes=40, positional_embedding=True, head_dropout=0.2).train()
optimizer = create_optimizer(network, OptimizerSettings(lr=2e-3))
points, labels = torch.rand(32, 1024, 3), torch.randint(40, (32,))

def step():
    F.cross_entropy(network(points), labels, label_smoothing=0.1).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    optimizer.zero_grad()

step(), step()  # compiled
print("ready", flush=True)
for _ in sys.stdin:
    begin = time.perf_counter()
    step()
    print(time.perf_counter() - begin, flush=True)
"""


def run() -> Findings:
    """Forward, loss, backward, clipping and AdamW of nimba_small, 32 clouds of 1,024 points, in turn with the rival."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        if not _checked_out(EARLIER, Path(folder)):
            print(f"left out: the history of this checkout does not reach back to {EARLIER}")
            return findings
        processes = [_start(ROOT), _start(Path(folder))]
        try:
            ours, theirs = zip(*([_seconds(process) for process in processes] for _ in range(ROUNDS)), strict=True)
        finally:
            for process in processes:
                process.kill()
    what = "training step of nimba_small, 32 clouds"
    findings.add(what, 1e3 * min(ours), "ms")
    ratio = statistics.median(theirs) / statistics.median(ours)
    findings.add(what, ratio, "times as fast as", f"at revision {EARLIER}", at_least=1.3)
    paired = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    findings.add(f"{what}, median of the paired ratios", paired, "times as fast as", f"at revision {EARLIER}")
    return findings


def _checked_out(revision: str, folder: Path) -> bool:
    """Write the files of a revision into a folder; whether there is such a revision."""
    archive = subprocess.run(["git", "archive", revision, "nimba"], cwd=ROOT, capture_output=True)
    if archive.returncode:
        return False
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return True


def _start(root: Path) -> "subprocess.Popen[str]":
    """The step of the package in ``root``, ready and waiting."""
    threads = str(torch.get_num_threads())
    variables = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "passive"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", STEP, threads], text=True, cwd=root, env=variables, **pipes)
    assert process.stdout is not None
    while process.stdout.readline().strip() != "ready":
        if process.poll() is not None:
            raise RuntimeError(f"the step of {root} ended before it was ready")
    return process


def _seconds(process: "subprocess.Popen[str]") -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())
