"""Test a classifier under every condition and corruption."""

import hashlib
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from nimba.evaluation.metrics import accuracy_metrics
from nimba.records.machine import describe_code, describe_machine
from nimba.robustness.cells import Cell, Kind, TestedClouds, cells, evenly
from nimba.robustness.corruptions import VERSION
from nimba.robustness.record import RobustnessRecord
from nimba.robustness.subject import Subject, open_subject
from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output

_BATCH = 64  # clouds; changes the time and the last digits, not the decisions


def evaluate(
    weights: str,
    output: Path,
    root: Path | None = None,
    only: Kind | None = None,
    limit: int | None = None,
    seed: int = 0,
    frame: str = "unit_sphere",
    variant: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Score a classifier on its test split, clean and under each cell; write and return the record.

    Cells that the record at ``output`` holds already are not scored again.

    Args:
        weights: a name of ``nimba.classifier.pretrained.list_weights()``, or the path of a checkpoint.
        output: of the record.
        root: folder of the data; None for where the checkpoint says it lies.
        only: conditions or corruptions alone, beside clean.
        limit: number of clouds, spread evenly over the split; None for all.
        seed: of all randomness.
        frame: that corrupted clouds are normalised into, as for ``nimba.robustness.corruptions.corrupt``.
        variant: sweep, name and seed of the run, for the record of a sweep.

    Raises:
        InputError: for bad arguments, weights or data, or a record of another test at ``output``.
    """
    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}: give 1 or more clouds")
    check_output(output)
    subject = open_subject(weights, root)
    if only != "conditions" and subject.spec.normalisation != "unit_sphere":
        raise InputError(
            f"{weights}: was trained with normalisation {subject.spec.normalisation}, but the corruptions are made for "
            "the unit sphere; give --only conditions"
        )
    tested = _tested(subject, limit, seed, frame)
    record = RobustnessRecord(output, _head(subject, tested, limit, variant))
    missing = record.missing(cells(only))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = subject.network.to(device)
    with tqdm(total=len(missing) * len(tested.numbers), unit="cloud", disable=None) as progress:
        for cell in missing:
            progress.set_description(cell.key)
            started = time.perf_counter()
            scores = _score(network, tested, cell, device, progress)
            record.add(cell, scores, time.perf_counter() - started)
    return record.to_dict()


def _tested(subject: Subject, limit: int | None, seed: int, frame: str) -> TestedClouds:
    clouds = subject.data.load_split("test")
    if clouds is None:
        raise InputError(f"{type(subject.data).__name__} has no test split")
    data = subject.data
    return TestedClouds(clouds, evenly(len(clouds), limit), data.num_classes, data.num_points, seed, frame)


def _head(subject: Subject, tested: TestedClouds, limit: int | None, variant: dict[str, Any] | None) -> dict[str, Any]:
    """What the cells of a record belong to."""
    content = hashlib.sha256(tested.labels.tobytes())
    for number in tested.numbers:
        content.update(tested.clouds[int(number)].tobytes())
    return {
        "name": subject.name,
        "described": subject.described,
        "run": subject.run,
        "variant": variant,
        "model": subject.spec.model,
        "parameters": sum(p.numel() for p in subject.network.parameters()),
        "weights": {"digest": subject.digest()},
        "settings": {"version": VERSION, "seed": tested.seed, "frame": tested.frame, "limit": limit},
        "data": {
            "class": type(subject.data).__name__,
            "clouds": len(tested.numbers),
            "of": len(tested.clouds),
            "points": tested.num_points,
            "digest": content.hexdigest()[:16],
        },
        "code": describe_code(),
        "machine": describe_machine(),
    }


@torch.inference_mode()
def _score(
    network: nn.Module, tested: TestedClouds, cell: Cell, device: torch.device, progress: tqdm
) -> dict[str, float]:
    """OA and mAcc of one pass."""
    metrics = accuracy_metrics(tested.num_classes).to(device)
    for points, labels in tested.batches(cell, _BATCH):
        logits = network(torch.from_numpy(points).to(device))  # (B, num_classes)
        metrics.update(logits, torch.from_numpy(labels).to(device))
        progress.update(len(labels))
    return {name: float(value) for name, value in metrics.compute().items()}
