"""ModelNet40 as ``modelnet40_ply_hdf5_2048``: the sampled clouds of PointNet, y up, in the unit sphere.

Files: ``ply_data_train*.h5`` and ``ply_data_test*.h5`` with ``data`` (N, 2048, 3) and ``label`` (N, 1);
``train_files.txt`` and ``test_files.txt`` that list them with a folder prefix; ``shape_names.txt``, a class a line.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nimba.datasets.cache import Cloud
from nimba.datasets.hdf5 import count_clouds, read_hdf5
from nimba.datasets.listing import read_lines


class HDF5Form:
    """An unpacked ``modelnet40_ply_hdf5_2048``, with the official 2,048 points a shape or with fewer.

    Raises:
        InputError: a missing, corrupted or ill-shaped file.
    """

    name = "hdf5"

    def __init__(self, root: Path):
        self.root = root
        self.class_names = read_lines(root / "shape_names.txt")
        self.settings: dict[str, Any] = {}

    @staticmethod
    def is_in(root: Path) -> bool:
        """Whether ``root`` holds this form."""
        return (root / "shape_names.txt").is_file()

    def files(self, split: str) -> list[Path]:
        """The HDF5 files of a split, in the order of its list."""
        # The lists bear the prefix of the place they were made at; only the name counts.
        return [self.root / Path(line).name for line in read_lines(self.root / f"{split}_files.txt")]

    def count(self, split: str) -> int:
        """Number of clouds."""
        return count_clouds(self.files(split))

    def read(self, split: str) -> Iterator[Cloud]:
        """Clouds of a split in the order of its files."""
        for path in self.files(split):
            points, labels, ids = read_hdf5(path, len(self.class_names))
            yield from zip(points, labels.tolist(), ids, strict=True)
