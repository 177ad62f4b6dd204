"""From files to rows: clouds are read and prepared one by one, by workers if there are any, and classified together."""

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from nimba.classifier import ClassifierSpec, NimbaClassifier
from nimba.clouds import Up, normalise, read_cloud, resample, rotate_up
from nimba.prediction.journal import Journal
from nimba.prediction.shards import Row
from nimba.runtime.errors import InputError, about, origins


@dataclass(frozen=True)
class PreparedCloud:
    """A cloud as the network wants it, once for each candidate of its up axis; or why it could not be read."""

    file: str
    points: int = 0
    frames: np.ndarray | None = None  # (A, num_points, 3) float32, one for each axis
    error: str | None = None
    final: bool = True  # whether the file itself is why; else another try may succeed


class CloudReader(Dataset[PreparedCloud]):
    """Read and prepare clouds, given by their names in a folder.

    Args:
        folder: that the names are relative to.
        spec: what the network wants.
        axes: candidates of the up axis.
        journal: where each reading is noted while it lasts.
        deadly: names of files that are not to be read: processes died on them.
    """

    def __init__(
        self,
        folder: Path,
        spec: ClassifierSpec,
        axes: tuple[Up, ...],
        journal: Journal,
        deadly: frozenset[str] = frozenset(),
    ):
        self.folder = folder
        self.num_points = spec.num_points
        self.normalisation = spec.normalisation
        self.axes = axes
        self.journal = journal
        self.deadly = deadly

    def __getitem__(self, file: str) -> PreparedCloud:
        path = self.folder / file
        if file in self.deadly:
            return PreparedCloud(file, error="the process died on it each time that it was read; more memory may help")
        try:
            with self.journal.reading(file):
                points = read_cloud(path)
                frames = [self._prepare(points, up) for up in self.axes]
        except Exception as error:  # whatever a broken file leads to is not the end of a million
            return PreparedCloud(file, error=about(error, path), final=_is_at_fault(path, error))
        return PreparedCloud(file, len(points), np.stack(frames))

    def _prepare(self, points: np.ndarray, up: Up) -> np.ndarray:
        """(N, 3) as read -> (num_points, 3) float32, as ``nimba classify`` prepares it."""
        return normalise(resample(rotate_up(points, up), self.num_points), self.normalisation)


_OF_A_PATH = {  # errors of the system that another try would meet again
    errno.ENOENT,  # of a file that this one refers to
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
    errno.EOVERFLOW,
}


def _is_at_fault(path: Path, error: Exception) -> bool:
    """Whether what a file holds is why it cannot be read, and not the disk, its permissions, memory or this program."""
    if not isinstance(error, InputError) or not path.is_file():
        return False
    return not any(
        isinstance(origin, MemoryError | ImportError)
        # Libraries raise OSErrors without a number about contents that they do not understand.
        or (isinstance(origin, OSError) and origin.errno is not None and origin.errno not in _OF_A_PATH)
        for origin in origins(error)
    )


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
    """Classify a batch; of a cloud's frames the one counts that the network is most confident in, as in ``classify``.

    Args:
        model: with its ``spec``, on the device to use.
        batch: of prepared clouds, unreadable ones among them; those without a final error get no row.
        axes: as the clouds' frames.
        top: how many classes to keep.

    Returns:
        a row for each of the others, in order.
    """
    assert model.spec is not None
    readable = [cloud.frames for cloud in batch if cloud.frames is not None]
    probabilities = iter(_probabilities(model, np.stack(readable)) if readable else ())
    found: list[Row] = []
    for cloud in batch:
        if cloud.frames is None:
            if cloud.final:
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
