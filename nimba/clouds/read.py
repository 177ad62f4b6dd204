"""Read a cloud from a user's file, whatever its format: points as they are, meshes sampled on their surface."""

import warnings
from pathlib import Path

import numpy as np

from nimba.clouds.check import finished
from nimba.clouds.formats.registry import ENDINGS as FORMATS
from nimba.clouds.formats.registry import format_of
from nimba.clouds.formats.source import open_source
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

__all__ = ["FORMATS", "read_cloud"]


def read_cloud(path: str | Path, *, num_samples: int = 10_000, seed: int = 0) -> np.ndarray:
    """Read the points of a file.

    The formats are those of ``nimba.clouds.formats.registry``, each also gzipped. Meshes, and files of points with
    faces, are sampled uniformly by area.

    Args:
        path: of the file; its extension says the format.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Returns:
        (N, 3) float32, finite, N >= 2, in the file's own units and axes. Points that lie so far from the origin that
        float32 would blur them are moved to it.

    Raises:
        InputError: one line that names the file, what is wrong, and what to do.

    Warns:
        InputWarning: one line, where something was left out or taken for granted.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give files, for example {path}/*")
    format, gzipped = format_of(path)
    with open_source(path, gzipped) as source:
        try:
            points, notes = finished(path, format.read(source), num_samples, seed)
        except MemoryError:
            raise InputError(f"{path}: more than this machine's memory holds; cut it into parts") from None
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    for note in notes:
        warnings.warn(f"{path}: {note}", InputWarning, stacklevel=2)
    return points
