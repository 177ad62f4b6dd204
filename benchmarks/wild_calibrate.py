"""Calibrate shipped weights whose training kept no validation split: ``python -m benchmarks wild --calibrate NAME``.

What training clouds look like inside comes from ModelNet40's training split. Temperature and threshold come from the
``dev`` part of the furniture, 62 models that nobody trained on, decided about as ``nimba classify`` does.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.wild_data import Labelled, WildData
from nimba.classifier import NimbaClassifier, load
from nimba.classifier.pretrained import save_weights
from nimba.clouds import normalise
from nimba.clouds.pose import Frame, upright
from nimba.inference import Decider
from nimba.inference.calibration import Calibration
from nimba.inference.fitting import ACCEPTED, fit_familiarity, fit_temperature

_BATCH = 32


def calibrate(name: str, data: WildData) -> Path:
    """Fit, and write the weights anew, their parameters as they were."""
    model = load(name)
    assert model.spec is not None
    model.spec = replace(model.spec, frame=Frame(mirrored=True), calibration=None)
    model.familiarity = fit_familiarity(model, _batches(model, data.modelnet40("train")), len(model.spec.class_names))
    dev = data.furniture("dev")
    model.spec = replace(model.spec, calibration=Calibration(1.0, ACCEPTED, 1.0, len(dev.clouds), "none yet"))
    decider = Decider(model, up="y")
    prepared = [decider.prepare(cloud) for cloud in dev.clouds]
    found = decider.decide(prepared, decider.vote(prepared))
    log_p = np.log(np.stack([one.probabilities for one in found]).astype(float) + 1e-12)  # (N, C)
    labels = [_accepted(model.spec.class_names, row, right) for row, right in zip(log_p, dev.right, strict=True)]
    # With a threshold of 1 an unknown score is d / (d + 1).
    distances = [one.unknown / (1 - one.unknown) for one in found if one.unknown is not None]
    calibration = Calibration(
        temperature=round(fit_temperature(log_p, np.array(labels)), 4),
        accepted=ACCEPTED,
        distance=round(float(np.quantile(distances, ACCEPTED)), 4),
        clouds=len(dev.clouds),
        source="free furniture models, their dev part",
    )
    model.spec = replace(model.spec, calibration=calibration)
    path = Path(str(files("nimba") / "weights" / f"{name}.safetensors"))
    save_weights(model, model.spec, path)
    return path


def _accepted(names: list[str], log_p: np.ndarray, right: frozenset[str]) -> int:
    """Of the classes that a cloud may be called, the one that the network finds most likely."""
    return max((names.index(name) for name in right), key=lambda label: log_p[label])


def _batches(model: NimbaClassifier, clouds: Labelled) -> Iterator[tuple[Tensor, Tensor]]:
    assert model.spec is not None
    spec = model.spec
    labels = torch.tensor([spec.class_names.index(next(iter(right))) for right in clouds.right])
    for start in range(0, len(labels), _BATCH):
        some = np.stack([upright(cloud, "z", mirrored=True) for cloud in clouds.clouds[start : start + _BATCH]])
        points = normalise(some[:, : spec.num_points], spec.normalisation)  # (B, N, 3)
        yield torch.from_numpy(points), labels[start : start + _BATCH]
