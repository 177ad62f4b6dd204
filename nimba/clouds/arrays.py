"""Formats that need numpy only: NPY, NPZ and columns of text."""

import re
from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError, first_line

_NAMES = ("points", "pos", "xyz", "data")  # arrays of an NPZ that hold points, first come first served
_HEADER_LINES = 16
_SEPARATOR = re.compile(r"[,;\s]+")


def read_npy(path: Path) -> np.ndarray:
    """An (N, >= 3) array of an .npy file -> (N, 3)."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path}: not a readable .npy array ({first_line(error)}); save it with numpy.save") from None
    return _columns(path, array)


def read_npz(path: Path) -> np.ndarray:
    """The only array of an .npz file, or the one named points, pos, xyz or data -> (N, 3)."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = [name for name in _NAMES if name in archive.files] or archive.files
            if len(names) != 1 and names[0] not in _NAMES:
                raise InputError(f"{path}: holds {', '.join(names) or 'nothing'}; name the points' array {_NAMES[0]!r}")
            array = archive[names[0]]
    except InputError:
        raise
    except Exception as error:  # a damaged zip raises from many places
        raise InputError(f"{path}: not a readable .npz archive ({first_line(error)})") from None
    return _columns(path, array)


def read_text(path: Path) -> np.ndarray:
    """Lines of at least three numbers, separated by blanks, commas or semicolons -> (N, 3).

    Lines before the first such line are a header; comments begin with # or //.
    """
    rows: list[list[float]] = []
    skipped = 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            text = line.split("#", 1)[0].split("//", 1)[0].strip()
            if not text:
                continue
            try:
                x, y, z = _SEPARATOR.split(text)[:3]
                rows.append([float(x), float(y), float(z)])
            except ValueError:
                skipped += 1
                if rows or skipped > _HEADER_LINES:
                    raise InputError(f"{path}: line {number} is not three numbers: {text[:40]!r}") from None
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _columns(path: Path, array: np.ndarray) -> np.ndarray:
    numeric = np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)
    if array.ndim != 2 or array.shape[1] < 3 or not numeric:
        raise InputError(f"{path}: an array of {array.dtype} {array.shape}; a cloud is (N, 3) numbers")
    return array[:, :3]
