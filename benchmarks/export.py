"""Exported files beside the network: the same answers, how fast, how large, and what eight bits cost.

``python -m benchmarks export --data data/modelnet40_ply_hdf5_2048``; without the data, speed and sizes alone.
"""

import itertools
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

import nimba
from benchmarks.clouds import noise
from benchmarks.figures import Findings
from benchmarks.timing import time_in_turn
from nimba.classifier.network import NimbaClassifier
from nimba.datasets.modelnet40_hdf5 import HDF5Form
from nimba.export import export_onnx, export_program
from nimba.export.check import TOLERANCE
from nimba.export.pipeline import Pipeline
from nimba.export.runtime import session, with_session

CLOUDS = 200  # of the test split, evenly spread, that float files must agree on
SUBSET = 617  # every fourth
POINTS = 1024
BATCHES = (1, 32)
Run = Callable[[Tensor], Tensor]


def run(data: Path | None = None) -> Findings:
    """All figures of all shipped weights."""
    findings = Findings()
    for name in nimba.list_models(pretrained=True):
        model = nimba.load(name)
        with tempfile.TemporaryDirectory() as folder:
            runs = _export(model, name, Path(folder), findings)
        _speed(findings, name, runs)
        if data is not None:
            _agreement(findings, name, runs, data)
            _accuracy(findings, name, runs, data)
    return findings


def _export(model: NimbaClassifier, name: str, folder: Path, findings: Findings) -> dict[str, Run]:
    """Write all three files; what runs them, and the network, by name."""
    files = {form: folder / form for form in ("model.onnx", "int8.onnx", "model.pt2")}
    export_onnx(model, files["model.onnx"])
    export_onnx(model, files["int8.onnx"], int8=True)
    export_program(model, files["model.pt2"])
    for what, file in zip(("ONNX", "ONNX, int8", ".pt2"), files.values(), strict=True):
        findings.add(f"{name}, {what}: file", file.stat().st_size / 1e6, "MB")
    program = torch.export.load(files["model.pt2"]).module()
    return {
        "torch": _without_gradients(Pipeline(model)),
        ".pt2": _without_gradients(program),
        "ONNX": with_session(session(files["model.onnx"].read_bytes())),
        "ONNX, int8": with_session(session(files["int8.onnx"].read_bytes())),
    }


def _without_gradients(module: Run) -> Run:
    def run(points: Tensor) -> Tensor:
        with torch.inference_mode():
            return module(points)

    return run


def _speed(findings: Findings, name: str, runs: dict[str, Run]) -> None:
    """Time per cloud in torch, and how much longer or shorter the files take."""
    for batch in BATCHES:
        points = noise(batch * POINTS).view(batch, POINTS, 3)
        times = time_in_turn({form: partial(run, points) for form, run in runs.items()}, rounds=7)
        what = f"{name}, {'one cloud' if batch == 1 else f'a batch of {batch}'}"
        findings.add(f"{what}: torch, eager", 1000 * times["torch"].best / batch, "ms a cloud")
        for form in (".pt2", "ONNX", "ONNX, int8"):
            ratio = times[form].median / times["torch"].median
            findings.add(f"{what}: {form}", ratio, "times the time of", rival="torch, eager")


def _agreement(findings: Findings, name: str, runs: dict[str, Run], data: Path) -> None:
    """Whether ONNX Runtime says what the network says of real clouds."""
    points, _ = _test_clouds(data, CLOUDS)
    expected, found = (_in_batches(runs[form], points) for form in ("torch", "ONNX"))
    same = int((expected.argmax(1) == found.argmax(1)).sum())
    what = f"{name}, {CLOUDS} test clouds of ModelNet40"
    findings.add(f"{what}: same class in ONNX Runtime", same, "", at_least=CLOUDS)
    findings.add(
        f"{what}: greatest difference of a probability", (found - expected).abs().max().item(), "", at_most=TOLERANCE
    )


def _accuracy(findings: Findings, name: str, runs: dict[str, Run], data: Path) -> None:
    """What eight bits cost, on a part of the test split."""
    points, labels = _test_clouds(data, SUBSET)
    for form in ("torch", "ONNX", "ONNX, int8"):
        right = _in_batches(runs[form], points).argmax(1) == labels
        findings.add(f"{name}, {SUBSET} test clouds of ModelNet40: OA, {form}", 100 * right.double().mean().item(), "%")


def _in_batches(run: Run, points: Tensor) -> Tensor:
    return torch.cat([run(part) for part in points.split(25)])


def _test_clouds(data: Path, count: int) -> tuple[Tensor, Tensor]:
    """Evenly spread over the official test split: (count, POINTS, 3), labels (count,)."""
    form = HDF5Form(data)
    every = form.count("test") // count
    clouds = list(itertools.islice(form.read("test"), 0, every * count, every))
    points = torch.stack([torch.as_tensor(points[:POINTS]).float() for points, _, _ in clouds])
    return points, torch.tensor([label for _, label, _ in clouds])
