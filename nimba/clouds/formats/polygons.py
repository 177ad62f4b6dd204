"""Polygons as triangles: a fan around the first corner."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nimba.clouds.formats.rows import read_whole_numbers
from nimba.runtime.errors import InputError

_MOST_CORNERS = 1 << 16


def fans(corners: np.ndarray) -> np.ndarray:
    """(P, C) polygons of C corners -> (P * (C - 2), 3) triangles, polygon by polygon; none for fewer than 3 corners."""
    count = corners.shape[1]
    if count < 3:
        return np.empty((0, 3), np.int64)
    corner = np.arange(1, count - 1)
    first = np.broadcast_to(corners[:, :1], (len(corners), count - 2))
    return np.stack([first, corners[:, corner], corners[:, corner + 1]], -1).reshape(-1, 3).astype(np.int64, copy=False)


def fans_of_lists(counts: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Polygons with different numbers of corners -> (T, 3) triangles, those of the fewest corners first.

    Args:
        counts: (P,) corners of each.
        flat: (sum of counts,) their indices, one polygon after the other.
    """
    starts = np.cumsum(counts) - counts  # (P,)
    pieces = [
        fans(flat[starts[counts == count][:, None] + np.arange(count)]) for count in np.unique(counts) if count > 2
    ]
    return np.concatenate(pieces) if pieces else np.empty((0, 3), np.int64)


def strips(corners: np.ndarray) -> np.ndarray:
    """Triangle strips -> (T, 3): each corner makes a triangle with the two before it.

    Args:
        corners: (C,) indices of one strip after the other, a negative number between each two.
    """
    if len(corners) < 3:
        return np.empty((0, 3), np.int64)
    triangles = np.lib.stride_tricks.sliding_window_view(corners.astype(np.int64), 3)  # (C - 2, 3)
    a, b, c = triangles.T
    # Two alike, which joins strips without an end between them, make no triangle.
    return triangles[(triangles >= 0).all(1) & (a != b) & (b != c) & (a != c)]


def fans_of_lines(path: Path, lines: Sequence[bytes]) -> np.ndarray:
    """Polygons in text, a line each: the number of corners, then their indices -> (T, 3), the fewest corners first.

    Raises:
        InputError: what is not a whole number, or fewer corners in a line than it says.
    """
    by_count: dict[bytes, list[bytes]] = {}
    for line in lines:
        by_count.setdefault(line.split(None, 1)[0], []).append(line)
    pieces = []
    for count in sorted(by_count):
        if not (count.isdigit() and len(count) < 6 and int(count) < _MOST_CORNERS):
            raise InputError(f"{path}: a face of {count[:20]!r} corners; is the file complete?")
        columns = range(1, int(count) + 1)
        if len(columns) > 2:
            pieces.append(fans(read_whole_numbers(path, by_count[count], columns, "faces")))
    return np.concatenate(pieces) if pieces else np.empty((0, 3), np.int64)


def strips_of_lines(path: Path, lines: Sequence[bytes]) -> np.ndarray:
    """Triangle strips in text, a line each: how many corners, then their indices, with -1 between strips -> (T, 3).

    Raises:
        InputError: what is not a whole number.
    """
    words = [word for line in lines for word in (*line.split()[1:], b"-1")]
    return strips(read_whole_numbers(path, words, range(1), "strips")[:, 0]) if words else np.empty((0, 3), np.int64)
