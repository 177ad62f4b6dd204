"""Read a cloud from a user's file, whatever its format: points as they are, meshes sampled on their surface."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nimba.clouds.arrays import read_npy, read_npz, read_text
from nimba.clouds.mesh import sample_surface
from nimba.clouds.ply import read_ply
from nimba.clouds.scene import Mesh, read_mesh, read_off, read_pcd
from nimba.runtime.errors import InputError

_READERS: dict[str, Callable[[Path], np.ndarray | Mesh]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    **dict.fromkeys((".xyz", ".txt", ".csv", ".pts", ".asc"), read_text),
    ".ply": read_ply,
    ".pcd": read_pcd,
    ".off": read_off,
    **dict.fromkeys((".obj", ".stl", ".glb", ".gltf"), read_mesh),
}
FORMATS = tuple(_READERS)


def read_cloud(path: str | Path, *, num_samples: int = 10_000, seed: int = 0) -> np.ndarray:
    """Read the points of a file.

    Formats: NPY and NPZ; text (XYZ, TXT, CSV, PTS, ASC: three first columns, separated by blanks or commas, a header is
    skipped); PLY and PCD; meshes (OFF, OBJ, STL, GLB, and a PLY with faces), sampled uniformly by area.

    Args:
        path: of the file; its extension says the format.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Returns:
        (N, 3) float32, finite, N >= 2, in the file's own units and axes.

    Raises:
        InputError: one line that names the file, what is wrong, and what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give files, for example {path}/*")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: unknown format {path.suffix or 'without extension'!r}; known: {' '.join(FORMATS)}")
    content = reader(path)
    if isinstance(content, tuple):
        _check(path, content[0], "vertices")
        content = sample_surface(*content, num_samples, np.random.default_rng(seed), str(path))
    _check(path, content, "points")
    return np.ascontiguousarray(content, dtype=np.float32)


def _check(path: Path, points: np.ndarray, what: str) -> None:
    if len(points) == 0:
        raise InputError(f"{path}: holds no {what}; is the file complete?")
    broken = int((~np.isfinite(points)).any(1).sum())
    if broken:
        raise InputError(f"{path}: {broken} of {len(points)} {what} have NaN or infinite coordinates; remove them")
    if len(points) == 1:
        raise InputError(f"{path}: holds a single one of {what}; a shape needs more")
    if (points == points[0]).all():
        raise InputError(f"{path}: all {len(points)} {what} are the same; a shape needs an extent")
