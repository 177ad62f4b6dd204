"""ModelNet40 as ``modelnet40_normal_resampled``: 10,000 points a shape with normals, as text, y up.

Files: ``<class>/<class>_0001.txt`` with lines ``x,y,z,nx,ny,nz``; ``modelnet40_train.txt`` and ``modelnet40_test.txt``,
which list the shapes; ``modelnet40_shape_names.txt``, a class a line.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nimba.datasets.cache import Cloud
from nimba.datasets.listing import read_lines
from nimba.runtime.errors import InputError


class TextForm:
    """An unpacked ``modelnet40_normal_resampled``.

    Args:
        root: its folder.
        stored_points: how many points of each file are kept, from its start, as the field does.

    Raises:
        InputError: a missing or ill-formed file, or a shape of an unknown class.
    """

    name = "text"

    def __init__(self, root: Path, stored_points: int):
        self.root = root
        self.stored_points = stored_points
        self.class_names = read_lines(root / "modelnet40_shape_names.txt")
        self.settings: dict[str, Any] = {"stored_points": stored_points}

    @staticmethod
    def is_in(root: Path) -> bool:
        """Whether ``root`` holds this form."""
        return (root / "modelnet40_shape_names.txt").is_file()

    def files(self, split: str) -> list[Path]:
        """The text files of a split, in the order of its list."""
        return [self.root / self._class(shape) / f"{shape}.txt" for shape in self._shapes(split)]

    def count(self, split: str) -> int:
        """Number of clouds."""
        return len(self._shapes(split))

    def read(self, split: str) -> Iterator[Cloud]:
        """Clouds of a split in the order of its list."""
        labels = {name: label for label, name in enumerate(self.class_names)}
        for path in self.files(split):
            yield _read_points(path, self.stored_points), labels[path.parent.name], path.stem

    def _shapes(self, split: str) -> list[str]:
        return read_lines(self.root / f"modelnet40_{split}.txt")

    def _class(self, shape: str) -> str:
        name = shape.rpartition("_")[0]  # night_stand_0001 -> night_stand
        if name not in self.class_names:
            raise InputError(f"{self.root}: shape {shape!r} is of no class in modelnet40_shape_names.txt: unpack again")
        return name


def _read_points(path: Path, count: int) -> np.ndarray:
    """The first ``count`` points of a file -> (count, 3) float32."""
    try:
        points = np.loadtxt(path, np.float32, delimiter=",", usecols=(0, 1, 2), max_rows=count, ndmin=2)  # (count, 3)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: unpack the data set again") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not lines of x,y,z,nx,ny,nz: unpack the data set again") from error
    if len(points) < count:
        raise InputError(f"{path}: {len(points)} points, but stored_points is {count}: ask for fewer")
    if not np.isfinite(points).all():
        raise InputError(f"{path}: has points that are not finite: unpack the data set again")
    return points
