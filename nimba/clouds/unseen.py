"""Rows that are no points: what a sensor or a program writes where it saw nothing."""

from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError

_HANDFUL = 8  # points at the very origin that may be points
_OTHERS = 9  # points that are looked at for how often each is there
_OFTEN = 4  # times as often as those
_HARDLY_ANY = 16  # points; fewer are no cloud that some rows could be missing from
_BLOCK = 1 << 20


def without_unseen(path: Path, points: np.ndarray) -> tuple[np.ndarray, dict[str, int], tuple[str, ...]]:
    """Leave out rows that are not finite, and the zeros of depth cameras.

    Zeros are left out where there are more than a handful of exactly (0, 0, 0), and far more than of other points: in
    a cloud on a coarse grid any point may come often.

    Args:
        path: for errors.
        points: (N, 3) of any type of number.

    Returns:
        those that are left (the same array where all are), how many were dropped for which reason, and notes.

    Raises:
        InputError: hardly any are left.
    """
    dropped, notes = {}, []
    there = len(points)
    if points.dtype.kind == "f" and not _all_finite(points):
        kept = points[np.isfinite(points).all(1)]
        dropped["not finite"] = there - len(kept)
        reason = "have NaN or infinite coordinates"
        notes.append(f"{there - len(kept):,} of {there:,} points {reason}: left out")
        points = _enough(path, kept, there, reason)
    zero = _zeros(points)
    if zero is not None:
        dropped["at the origin"] = int(zero.sum())
        reason = "are exactly (0, 0, 0), as depth cameras write where they see nothing"
        notes.append(f"{dropped['at the origin']:,} of {there:,} points {reason}: left out")
        points = _enough(path, points[~zero], there, reason)
    return points, dropped, tuple(notes)


def _all_finite(points: np.ndarray) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        # The ends of a column are NaN where one in it is; no array of truths is needed.
        return all(np.isfinite(end(points[:, axis])) for axis in range(3) for end in (np.min, np.max) if len(points))


def _zeros(points: np.ndarray) -> np.ndarray | None:
    """Which points (N, 3) are zeros of a camera: (N,) truths; None where none is."""
    zero = np.empty(len(points), bool)
    for start in range(0, len(points), _BLOCK):
        zero[start : start + _BLOCK] = (points[start : start + _BLOCK] == 0).all(1)
    count = int(np.count_nonzero(zero))
    if not _HANDFUL < count < len(points):
        return None
    others = np.flatnonzero(~zero)
    chosen = points[others[np.linspace(0, len(others) - 1, _OTHERS).astype(int)]]  # (9, 3)
    return zero if count > _OFTEN * np.median([np.count_nonzero((points == one).all(1)) for one in chosen]) else None


def _enough(path: Path, kept: np.ndarray, there: int, reason: str) -> np.ndarray:
    if len(kept) < min(_HARDLY_ANY, there / 2):
        raise InputError(f"{path}: {there - len(kept):,} of {there:,} points {reason}; hardly any is left")
    return kept
