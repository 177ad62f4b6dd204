"""Read a cloud from a user's file, whatever its format: points as they are, meshes sampled on their surface."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.check import finished
from nimba.clouds.formats.registry import ENDINGS as FORMATS
from nimba.clouds.formats.registry import format_of
from nimba.clouds.formats.source import open_source
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

__all__ = ["FORMATS", "Reading", "read", "read_cloud"]


@dataclass(frozen=True)
class Reading:
    """A cloud, and what was decided in reading it.

    Args:
        points: (N, 3) float32, finite, N >= 2, in the file's own units and axes. Points that lie so far from the
            origin that float32 would blur them are moved to it.
        notes: what a user should know, a sentence each: what was left out, or taken for granted.
        decided: the same for programs, fit for JSON. Always there: "format"; "kind", "points" or "mesh";
            "points_in_file", of a mesh its vertices; "dropped", how many points for which reason; "shift", what was
            subtracted from them. Where it applies: "columns" that x, y and z were taken from, "array" of several,
            "triangles" and "sampled", the points drawn on a mesh; and what else a format's reader decided.
    """

    points: np.ndarray
    notes: tuple[str, ...] = ()
    decided: dict[str, Any] = field(default_factory=dict)


def read(path: str | Path, *, num_samples: int = 10_000, seed: int = 0) -> Reading:
    """Read the points of a file, and say what was decided.

    The formats are those of ``nimba.clouds.formats.registry``, each also gzipped. Meshes, and files of points with
    faces, are sampled uniformly by area.

    Args:
        path: of the file; its extension says the format.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Raises:
        InputError: one line that names the file, what is wrong, and what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give files, for example {path}/*")
    format, gzipped = format_of(path)
    with open_source(path, gzipped) as source:
        try:
            points, notes, decided = finished(path, format.read(source), num_samples, seed)
        except MemoryError:
            raise InputError(f"{path}: more than this machine's memory holds; cut it into parts") from None
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    return Reading(points, notes, {"format": format.name, **decided})


def read_cloud(path: str | Path, *, num_samples: int = 10_000, seed: int = 0) -> np.ndarray:
    """The points of a file: ``read`` for those who need no more than them.

    Args:
        path: of the file; its extension says the format.
        num_samples: points drawn on a mesh.
        seed: of that draw.

    Returns:
        (N, 3) float32, finite, N >= 2, as in ``Reading``.

    Raises:
        InputError: one line that names the file, what is wrong, and what to do.

    Warns:
        InputWarning: each of the notes, with the path in front.
    """
    reading = read(path, num_samples=num_samples, seed=seed)
    for note in reading.notes:
        warnings.warn(f"{path}: {note}", InputWarning, stacklevel=2)
    return reading.points
