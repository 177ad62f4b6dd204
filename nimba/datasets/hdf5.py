"""Reading the HDF5 files that point-cloud benchmarks are distributed in: ``data`` (N, P, 3) and ``label``."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

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
        InputError: missing or corrupted file, missing dataset, wrong shape, non-finite point, label out of range.
    """
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in ("data", "label") if name not in file]
            if missing:
                raise InputError(f"{path}: no dataset {missing[0]!r} in it: not a file of this data set")
            points = np.asarray(file["data"][...], dtype=np.float32)
            labels = np.asarray(file["label"][...])
            ids = [_text(name) for name in file["id"][...]] if "id" in file else []
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: unpack the data set again") from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: corrupted HDF5 file: get it again") from error
    return *_checked(path, points, labels, num_classes), ids or [f"{path.stem}/{i}" for i in range(len(points))]


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


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
    return points, labels


def count_clouds(paths: Sequence[Path]) -> int:
    """Clouds in several files, read from their headers; 0 for a file that cannot be read."""
    total = 0
    for path in paths:
        try:
            with h5py.File(path, "r") as file:
                total += len(file["data"])
        except (OSError, KeyError, TypeError):
            continue  # reading it will say what is wrong
    return total
