"""A first use, as a user starts it: whole processes with their imports and memory, and compiling without a cache."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.figures import Findings
from nimba.datasets.shapes.generate import make_shape

ROUNDS = 5
ORDER = """
import time, torch
from nimba.serialization import serialize
points = torch.rand(1, 1_000_000, 3)
begin = time.perf_counter(); serialize(points); first = time.perf_counter() - begin
begin = time.perf_counter(); serialize(points); print(first - (time.perf_counter() - begin))
"""
STEP = """
import time, torch, nimba
network, points = nimba.create_model("nimba_small", num_classes=40), torch.rand(8, 1024, 3)
begin = time.perf_counter(); network(points).sum().backward(); first = time.perf_counter() - begin
begin = time.perf_counter(); network(points).sum().backward(); print(first - (time.perf_counter() - begin))
"""


def run() -> Findings:
    """Seconds and peak memory of one classification, and of the import of torch alone beside it."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        import open3d as o3d

        file = str(Path(folder) / "chair.ply")
        points = make_shape("chair", np.random.default_rng(0), 10_000).astype(np.float64)
        o3d.io.write_point_cloud(file, o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points)))
        classify = ["-m", "nimba", "classify", file]
        imported = "import torch, nimba.clouds.formats.ply, nimba.classifier, nimba.commands.main"
        imports = ["-c", f"{imported}; import os; os._exit(0)"]  # it ends as classify does
        alone = ["-c", "import torch"]
        seconds, memory = zip(*(_measure(classify) for _ in range(ROUNDS)), strict=True)
        findings.add("nimba classify one.ply, whole process", min(seconds), "s", at_most=3.0)
        findings.add("  its peak memory", max(memory), "MB", at_most=700.0)
        findings.add("  of which imports", min(_measure(imports)[0] for _ in range(ROUNDS)), "s", at_most=2.0)
        found = [_measure(alone) for _ in range(ROUNDS)]
        show = ["-m", "nimba", "show", file, "--output", str(Path(folder) / "path.png")]
        drawn, memory = zip(*(_measure(show) for _ in range(ROUNDS)), strict=True)
        findings.add("nimba show one.ply, whole process", min(drawn), "s", at_most=4.0)
        findings.add("  peak memory of its larger process", max(memory), "MB", at_most=700.0)
        helps = ["train.py", "--help"]
        findings.add("train.py --help", min(_measure(helps)[0] for _ in range(ROUNDS)), "s", at_most=3.0)
        findings.add("train.py fit --help", _measure(["train.py", "fit", "--help"])[0], "s")
        findings.add("compiling for the first order of 1M points", _compiling(ORDER, folder), "s", at_most=5.0)
        findings.add("compiling for the first training step", _compiling(STEP, folder), "s", at_most=5.0)
        findings.add("import torch alone, whole process", min(s for s, _ in found), "s")
        findings.add("  its peak memory", max(m for _, m in found), "MB")
    return findings


def _compiling(code: str, folder: str) -> float:
    """Seconds by which a first call is slower than a second one, with an empty cache."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        variables = {**os.environ, "NUMBA_CACHE_DIR": cache}
        seconds = subprocess.check_output([sys.executable, "-c", code], env=variables, text=True)
    return float(seconds)


def _measure(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of a fresh interpreter."""
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True, "
        "stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-I", "-c", code, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - begin, int(done.stdout) / 1024
