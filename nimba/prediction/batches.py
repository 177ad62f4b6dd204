"""From files to rows: clouds are read and prepared one by one, by workers if there are any, and classified together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from nimba.classifier import ClassifierSpec, NimbaClassifier
from nimba.clouds import Up, normalise, read_cloud, resample, rotate_up
from nimba.prediction.shards import Row
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class PreparedCloud:
    """A cloud as the network wants it, once for each candidate of its up axis; or why it could not be read."""

    file: str
    points: int = 0
    frames: np.ndarray | None = None  # (A, num_points, 3) float32, one for each axis
    error: str | None = None


class CloudReader(Dataset[PreparedCloud]):
    """Read and prepare clouds, given by their names in a folder.

    Args:
        folder: that the names are relative to.
        spec: what the network wants.
        axes: candidates of the up axis.
    """

    def __init__(self, folder: Path, spec: ClassifierSpec, axes: tuple[Up, ...]):
        self.folder = folder
        self.num_points = spec.num_points
        self.normalisation = spec.normalisation
        self.axes = axes

    def __getitem__(self, file: str) -> PreparedCloud:
        path = self.folder / file
        try:
            points = read_cloud(path)
            frames = [self._prepare(points, up) for up in self.axes]
        except InputError as error:
            return PreparedCloud(file, error=" ".join(str(error).removeprefix(f"{path}: ").split()))
        except Exception as error:  # whatever a broken file leads to is this file's row, not the end of a million
            return PreparedCloud(file, error=" ".join(f"{type(error).__name__}: {error}".split()))
        return PreparedCloud(file, len(points), np.stack(frames))

    def _prepare(self, points: np.ndarray, up: Up) -> np.ndarray:
        """(N, 3) as read -> (num_points, 3) float32, as ``nimba classify`` prepares it."""
        return normalise(resample(rotate_up(points, up), self.num_points), self.normalisation)


def batches(reader: CloudReader, files: Iterable[str], size: int, workers: int) -> Iterator[list[PreparedCloud]]:
    """Prepared clouds, ``size`` at a time, in the order of ``files``; with workers two batches for each lie ready."""
    return iter(
        DataLoader(
            reader,
            batch_sampler=_in_lots(files, size),
            num_workers=workers,
            collate_fn=_as_they_are,
            multiprocessing_context="forkserver" if workers else None,  # a fork would inherit threads' locks
        )
    )


def rows(model: NimbaClassifier, batch: list[PreparedCloud], axes: tuple[Up, ...], top: int) -> list[Row]:
    """Classify a batch; of a cloud's frames the one counts that the network is surest of, as in ``nimba classify``.

    Args:
        model: with its ``spec``, on the device to use.
        batch: of prepared clouds, unreadable ones among them.
        axes: as the clouds' frames.
        top: how many classes to keep.

    Returns:
        a row for each, in order.
    """
    assert model.spec is not None
    readable = [cloud.frames for cloud in batch if cloud.frames is not None]
    probabilities = iter(_probabilities(model, np.stack(readable)) if readable else ())
    found: list[Row] = []
    for cloud in batch:
        if cloud.frames is None:
            found.append({"file": cloud.file, "error": cloud.error})
            continue
        of_axes = next(probabilities)  # (A, classes)
        chosen = int(of_axes.max(1).argmax())
        ranking = np.argsort(-of_axes[chosen], kind="stable")[:top]
        classes = [[model.spec.class_names[c], float(of_axes[chosen, c])] for c in ranking]
        found.append({"file": cloud.file, "points": cloud.points, "up": axes[chosen], "classes": classes})
    return found


def _probabilities(model: NimbaClassifier, frames: np.ndarray) -> np.ndarray:
    """(B, A, N, 3) -> (B, A, classes)."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        logits = model(torch.from_numpy(frames).flatten(0, 1).to(device))  # (B A, classes)
        return logits.softmax(1).unflatten(0, frames.shape[:2]).cpu().numpy()  # (B, A, classes)


def _in_lots(files: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(files)
    while lot := list(islice(iterator, size)):
        yield lot


def _as_they_are(clouds: list[PreparedCloud]) -> list[PreparedCloud]:
    return clouds
