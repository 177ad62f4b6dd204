"""What holds for every cloud that was read, whatever its format: the one check that all of them pass."""

from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.mesh import check_faces, sample_surface
from nimba.runtime.errors import InputError

_BLOCK = 1 << 20  # points that are cast at once
_FAR = 64  # extents from the origin; float32 has lost six of its 24 bits there
_SMALLEST, _LARGEST = 1e-30, 1e30  # extents whose coordinates, and their products, float32 still tells apart
_STRAY = 10  # a mesh with fewer than one vertex in so many in a face is a cloud


def finished(
    path: Path, content: Content, num_samples: int, seed: int
) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """The points of a file as float32, a mesh sampled on its surface, notes for the user, and what was decided.

    Points far from the origin for their extent, as in national grids, are moved to it before they are cast: float32
    would let neighbours fall together.

    Args:
        path: for errors.
        content: what its reader found.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Returns:
        (N, 3) float32, finite, N >= 2, not all the same; the notes; and what was decided, as in ``Reading``.

    Raises:
        InputError: what was found is no such cloud, or not as many points as the header says.
    """
    points, triangles, notes = content.points, content.triangles, content.notes
    if points.ndim != 2 or points.shape[1] != 3 or points.dtype.kind not in "fiu":
        raise InputError(f"{path}: an array of {points.dtype} {points.shape}; a cloud is (N, 3) numbers")
    if content.declared is not None and content.declared != len(points):
        raise InputError(
            f"{path}: its header says {content.declared:,} points, {len(points):,} are there; is it complete?"
        )
    decided: dict[str, Any] = {"kind": "points", "points_in_file": len(points), "dropped": {}, **content.decided}
    if triangles is None or len(triangles) == 0:
        cast, shift = _cast(path, points, "points")
        return cast, notes, {**decided, "shift": shift.tolist()}
    check_faces(path, points, triangles)
    met = np.zeros(len(points), bool)
    met[triangles] = True
    corners = np.flatnonzero(met)
    if len(corners) * _STRAY < len(points):
        note = (
            f"only {len(corners):,} of its {len(points):,} vertices are in a face: read as a cloud, without its faces"
        )
        cast, shift = _cast(path, points, "points")
        return cast, (*notes, note), {**decided, "shift": shift.tolist(), "triangles": len(triangles)}
    with np.errstate(invalid="ignore"):
        used = points[corners].astype(np.float64)
    shift = _shift(path, used, "vertices")
    vertices = np.zeros((len(points), 3))
    vertices[corners] = used - shift
    sampled = sample_surface(vertices, triangles, num_samples, np.random.default_rng(seed), str(path))
    cast, again = _cast(path, sampled, "points")
    decided |= {"kind": "mesh", "triangles": len(triangles), "sampled": num_samples}
    return cast, notes, {**decided, "shift": (shift + again).tolist()}


def _cast(path: Path, points: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) of any numbers -> float32, and what was subtracted from them (3,)."""
    shift = _shift(path, points, what)
    cast = np.empty((len(points), 3), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        cast[start : start + _BLOCK] = block - shift if shift.any() else block
    if not np.isfinite(cast.sum(dtype=np.float64)):  # NaN and infinity outlast a sum
        raise InputError(f"{path}: {what} whose coordinates do not fit into 32-bit numbers; scale them")
    return cast, shift


def _shift(path: Path, points: np.ndarray, what: str) -> np.ndarray:
    """What to subtract from points (N, 3): (3,) float64, zero unless they lie far from the origin.

    Raises:
        InputError: fewer than two points, some that are not finite, or an extent that is none or out of all measure.
    """
    if len(points) == 0:
        raise InputError(f"{path}: holds no {what}; is the file complete?")
    with np.errstate(invalid="ignore"):  # some NaN are told of when they are cast, too
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
