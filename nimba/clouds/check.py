"""What holds for every cloud that was read, whatever its format: the one check that all of them pass."""

from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.mesh import check_faces, sample_surface
from nimba.clouds.shapeless import check_shape
from nimba.clouds.unseen import without_unseen
from nimba.runtime.errors import InputError

_BLOCK = 1 << 20  # points that are cast at once
_FAR = 64  # extents from the origin; float32 has lost six of its 24 bits there
_SMALLEST, _LARGEST = 1e-30, 1e30  # extents whose coordinates, and their products, float32 still tells apart
_STRAY = 10  # a mesh with fewer than one vertex in so many in a face is a cloud


def finished(
    path: Path, content: Content, num_samples: int, seed: int
) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """The points of a file as float32, a mesh sampled on its surface, notes for the user, and what was decided.

    Points that were not seen are left out. Points far from the origin for their extent, as in national grids, are
    moved to it before they are cast: float32 would let neighbours fall together.

    Args:
        path: for errors.
        content: what its reader found.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Returns:
        (N, 3) float32, finite, N >= 4, not all on a line; the notes; and what was decided, as in ``Reading``.

    Raises:
        InputError: what was found is no such cloud, or not as many points as the header says.
    """
    points, triangles = content.points, content.triangles
    if points.ndim != 2 or points.shape[1] != 3 or points.dtype.kind not in "fiu":
        raise InputError(f"{path}: an array of {points.dtype} {points.shape}; a cloud is (N, 3) numbers")
    if content.declared is not None and content.declared != len(points):
        raise InputError(
            f"{path}: its header says {content.declared:,} points, {len(points):,} are there; is it complete?"
        )
    decided: dict[str, Any] = {"kind": "points", "points_in_file": len(points), "dropped": {}, **content.decided}
    notes = content.notes
    if triangles is not None and len(triangles):
        decided["triangles"] = len(triangles)
        corners = _corners(path, points, triangles)
        if len(corners) * _STRAY >= len(points):
            decided |= {"kind": "mesh", "sampled": num_samples}
            points, moved = _sampled(path, points, triangles, corners, num_samples, seed)
        else:
            few = f"only {len(corners):,} of its {len(points):,} vertices are in a face"
            notes = (*notes, f"{few}: read as a cloud, without its faces")
    if decided["kind"] == "points":
        moved = np.zeros(3)
        points, dropped, left_out = without_unseen(path, points)
        decided["dropped"] = {**decided["dropped"], **dropped}
        notes = (*notes, *left_out)
    shift = _shift(path, points, "points")
    cast = _cast(path, points, shift)
    decided["shift"] = (moved + shift).tolist()
    return cast, (*notes, *check_shape(path, cast)), decided


def _corners(path: Path, points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Which points are in a face: (C,) their indices."""
    check_faces(path, points, triangles)
    met = np.zeros(len(points), bool)
    met[triangles] = True
    return np.flatnonzero(met)


def _sampled(
    path: Path, points: np.ndarray, triangles: np.ndarray, corners: np.ndarray, num_samples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the surface of a mesh, (N, 3) float64, and what was subtracted from them; other vertices may be NaN."""
    with np.errstate(invalid="ignore"):
        used = points[corners].astype(np.float64)
    shift = _shift(path, used, "vertices")
    vertices = np.zeros((len(points), 3))
    vertices[corners] = used - shift
    return sample_surface(vertices, triangles, num_samples, np.random.default_rng(seed), str(path)), shift


def _cast(path: Path, points: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(N, 3) of any numbers, less ``shift`` -> float32."""
    if points.dtype == np.dtype("=f4") and points.flags.carray and not shift.any():
        return points
    cast = np.empty((len(points), 3), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        cast[start : start + _BLOCK] = block - shift if shift.any() else block
    if not np.isfinite(cast.sum(dtype=np.float64)):  # NaN and infinity outlast a sum
        raise InputError(f"{path}: points whose coordinates do not fit into 32-bit numbers; scale them")
    return cast


def _shift(path: Path, points: np.ndarray, what: str) -> np.ndarray:
    """What to subtract from points (N, 3): (3,) float64, zero unless they lie far from the origin.

    Raises:
        InputError: fewer than two points, some that are not finite, or an extent that is none or out of all measure.
    """
    if len(points) == 0:
        raise InputError(f"{path}: holds no {what}; is the file complete?")
    with np.errstate(invalid="ignore"):
        columns = [points[:, axis] for axis in range(3)]  # five times as fast as along the first axis of all
        low, high = (np.array([end(column) for column in columns], np.float64) for end in (np.min, np.max))  # (3,)
    if not np.isfinite([low, high]).all():
        broken = int((~np.isfinite(points)).any(1).sum())
        raise InputError(f"{path}: {broken} of {len(points)} {what} have NaN or infinite coordinates; remove them")
    if len(points) == 1:
        raise InputError(f"{path}: holds a single one of {what}; a shape needs more")
    with np.errstate(over="ignore"):
        extent = float((high - low).max())
    if extent == 0:
        raise InputError(f"{path}: all {len(points)} {what} are the same; a shape needs an extent")
    if not _SMALLEST < extent < _LARGEST:
        raise InputError(f"{path}: its {what} extend over {extent:.3g}; scale them to a length near 1")
    far = max(np.abs(low).max(), np.abs(high).max()) > _FAR * extent
    return (low + high) / 2 if far else np.zeros(3)
