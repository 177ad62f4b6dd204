"""Reading the HDF5 files that point-cloud benchmarks are distributed in: ``data`` (N, P, 3) and ``label``."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from nimba.clouds.formats.hdf5 import open_dataset, read_dataset
from nimba.runtime.errors import InputError


def read_hdf5(path: Path, num_classes: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read one file.

    Args:
        path: HDF5 file with datasets ``data`` (N, P, 3 or more) of coordinates, ``label`` (N,) or (N, 1), and
            optionally ``id`` (N,) of names.
        num_classes: labels must lie below.

    Returns:
        points (N, P, 3) float32, labels (N,) int64, N ids (file name and place where the file has none).

    Raises:
        InputError: missing or corrupted file, missing dataset, one that lies in another file or is out of all
            proportion to this one, wrong shape, non-finite point, cloud without extent, label out of range.
    """
    try:
        with h5py.File(path, "r") as file, np.errstate(over="ignore"):  # what does not fit is found below
            points = np.asarray(read_dataset(path, file, "data"), dtype=np.float32)
            labels = read_dataset(path, file, "label")
            ids = [_text(name) for name in read_dataset(path, file, "id").reshape(-1)] if "id" in list(file) else []
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: unpack the data set again") from error
    except InputError:
        raise
    except Exception as error:  # a damaged file raises whatever it led the library to
        raise InputError(f"{path}: corrupted HDF5 file: get it again") from error
    return *_checked(path, points, labels, num_classes), ids or [f"{path.stem}/{i}" for i in range(len(points))]


def _text(name: bytes | str) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)


def _checked(path: Path, points: np.ndarray, labels: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    if points.ndim != 3 or points.shape[2] < 3 or 0 in points.shape:
        raise InputError(f"{path}: data has shape {points.shape}: expected (clouds, points, 3)")
    whole = labels.dtype.kind in "iu" or (labels.dtype.kind == "f" and bool((labels == np.round(labels)).all()))
    if labels.size != len(points) or not whole:
        raise InputError(
            f"{path}: {len(points)} clouds, but labels {labels.shape} of {labels.dtype}: expected one whole number each"
        )
    points, labels = points[..., :3], labels.reshape(-1).astype(np.int64)
    if labels.min() < 0 or labels.max() >= num_classes:
        wrong = labels[(labels < 0) | (labels >= num_classes)][0]
        raise InputError(f"{path}: label {wrong} is outside the {num_classes} classes: wrong file or class list")
    if not np.isfinite(points).all():
        wrong = int(np.flatnonzero(~np.isfinite(points).all(axis=(1, 2)))[0])
        raise InputError(f"{path}: cloud {wrong} has points that are not finite: get the file again")
    empty = np.flatnonzero(np.ptp(points, axis=1).max(-1) == 0)
    if len(empty):
        raise InputError(f"{path}: all points of cloud {empty[0]} are the same: get the file again")
    return points, labels


def count_clouds(paths: Sequence[Path]) -> int:
    """Clouds in several files, read from their headers; 0 for a file that cannot be read."""
    total = 0
    for path in paths:
        try:
            with h5py.File(path, "r") as file:
                total += len(open_dataset(path, file, "data"))
        except Exception:  # reading it will say what is wrong
            continue
    return total
