"""At the end of a run: what the validation split says of how far answers may be trusted, kept in the checkpoint."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from nimba.classifier import NimbaClassifier, load
from nimba.classifier.pretrained import read_checkpoint
from nimba.datasets import CloudDataModule
from nimba.datasets.dataset import CloudDataset, collate
from nimba.inference.calibration import Calibration
from nimba.inference.fitting import FEWEST, fit_calibration, fit_familiarity
from nimba.training.checkpoints import WholeCheckpointIO

_TRAINING_CLOUDS = 4096  # at most; enough for a covariance
_BATCH = 32


def calibrate_checkpoint(path: Path, data: CloudDataModule) -> Calibration | None:
    """Fit the calibration of a run's last checkpoint, and write it into the file.

    Args:
        path: of the checkpoint.
        data: that it was trained on.

    Returns:
        the calibration; None where there is no validation split of 20 clouds or more.
    """
    model = load(path)
    calibration = calibrate(model, data)
    if calibration is None or model.familiarity is None:
        return None
    checkpoint = read_checkpoint(path)
    checkpoint["nimba"]["calibration"] = calibration.to_dict()
    checkpoint["familiarity"] = model.familiarity.to_tensors()
    WholeCheckpointIO().save_checkpoint(checkpoint, path)
    return calibration


def calibrate(model: NimbaClassifier, data: CloudDataModule) -> Calibration | None:
    """Fit what a model knows of its training clouds, and by the validation split how far its answers may be trusted.

    Args:
        model: gets its ``familiarity``, and a ``spec`` with the calibration.
        data: that it was trained on.

    Returns:
        the calibration; None where there is no validation split of 20 clouds or more.
    """
    assert model.spec is not None
    training, validation = data.plain_splits()
    if validation is None or len(validation) < FEWEST:
        return None
    model.familiarity = fit_familiarity(model, _batches(training, _TRAINING_CLOUDS), data.num_classes)
    calibration = fit_calibration(model, _batches(validation), "the run's validation split")
    model.spec = replace(model.spec, calibration=calibration)
    return calibration


def _batches(clouds: CloudDataset, most: int | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """Canonical clouds in batches; ``most`` of them, evenly spread."""
    count = len(clouds) if most is None else min(most, len(clouds))
    chosen = np.linspace(0, len(clouds) - 1, count).astype(int).tolist()
    with torch.inference_mode():
        yield from DataLoader(Subset(clouds, chosen), batch_size=_BATCH, collate_fn=collate)
