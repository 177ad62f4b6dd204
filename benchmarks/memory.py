"""Peak memory on a CPU: each case in a process of its own, above what it held before.

``python -m benchmarks.memory CASE`` is such a process; it prints megabytes.
"""

import gc
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F

from benchmarks.clouds import noise
from benchmarks.figures import Findings
from benchmarks.network import usual_parts
from benchmarks.rivals_scan import lean_loop, reference_of_mamba_ssm
from benchmarks.scan import LEAN, MAMBA_SSM, arguments, step
from nimba import create_model
from nimba.scan.selective import selective_scan

BATCH, LENGTH = 8, 512
SCANS = {
    "ours": selective_scan,
    LEAN: lean_loop,
    MAMBA_SSM: reference_of_mamba_ssm,
}
STEPS = {"ours": nullcontext, "reference scan with unbind, torch FPS and kNN": usual_parts}


def run() -> Findings:
    """Peak memory of a scan and of a training step, beside the rivals'."""
    findings = Findings()
    size = f"scan ({BATCH}, 768, 16, L = {LENGTH}), forward + backward: peak memory"
    _compare(findings, size, "scan", list(SCANS))
    _compare(findings, f"nimba_base, training step, batch {BATCH}: peak memory", "step", list(STEPS))
    return findings


def _compare(findings: Findings, what: str, kind: str, names: list[str]) -> None:
    found = {name: _in_a_process(f"{kind}:{name}") for name in names}
    findings.add(what, found["ours"], "MB")
    for name in names[1:]:
        findings.add(what, found["ours"] / found[name], "times that of", rival=name)


def _in_a_process(case: str) -> float:
    done = subprocess.run([sys.executable, "-m", "benchmarks.memory", case], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def growth(function: Callable[[], object]) -> float:
    """Megabytes that a call holds at most, above what the process held before it."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest so far
    before = _status("VmRSS")
    function()
    return (_status("VmHWM") - before) / 1024


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])  # kB
    raise RuntimeError(f"/proc/self/status says no {key}")


def _scan(name: str) -> float:
    step(SCANS[name], arguments(1, 8))()  # loads and compiles
    inputs = arguments(BATCH, LENGTH)
    return growth(step(SCANS[name], inputs))


def _step(name: str) -> float:
    model = create_model("nimba_base", num_classes=40).train()
    labels = torch.arange(BATCH)

    def train(points: torch.Tensor) -> None:
        F.cross_entropy(model(points), labels[: len(points)]).backward()

    with STEPS[name]():
        train(noise(2 * 64).view(2, 64, 3))  # loads and compiles; the gradients are there from now on
        return growth(lambda: train(noise(BATCH * 1024).view(BATCH, 1024, 3)))


if __name__ == "__main__":
    kind, _, chosen = sys.argv[1].partition(":")
    print({"scan": _scan, "step": _step}[kind](chosen))
