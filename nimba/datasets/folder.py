"""Any folder of clouds, a class a folder; or a table of paths and labels."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch_geometric.transforms import RandomRotate

from nimba.clouds import read_cloud, resample
from nimba.clouds.pose import Frame, Up, require_up, upright
from nimba.datasets.cache import Cloud, CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.folder_layout import FolderLayout
from nimba.datasets.frames import in_frame
from nimba.datasets.layout import Layout
from nimba.datasets.module import CloudDataModule, Split
from nimba.datasets.splitting import grouped_split
from nimba.datasets.table_layout import TableLayout, is_table
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning


def _turns_any_way(transform: object) -> bool:
    """Whether an augmentation turns clouds about their up axis by any angle."""
    return isinstance(transform, RandomRotate) and transform.axis == 1 and tuple(transform.degrees) == (-180, 180)


def open_layout(root: Path, group_by: str | None = None) -> Layout:
    """Which files there are, and of which classes: of a folder, or of a table of paths and labels.

    Raises:
        InputError: as ``FolderLayout`` and ``TableLayout`` do.
    """
    return TableLayout(root, group_by) if root.is_file() and is_table(root) else FolderLayout(root, group_by)


class FolderDataModule(CloudDataModule):
    """Clouds in ``<class>/<file>``, or with splits: ``<split>/<class>/<file>`` or ``<class>/<split>/<file>``.

    Splits are train, and where there are any, test and val (or validation). Files are of any kind that
    ``nimba.clouds.read_cloud`` reads and of any size; meshes are sampled on their surface. What is no cloud by its name
    is passed by, with a note.
    In place of a folder, a table (.csv, .tsv, .parquet) may name files and their classes, see ``TableLayout``.
    Where there is no test split, a stratified one is cut, seeded by ``split_seed``: a share of every class, or
    one of several folds, for cross-validation.

    Args:
        root: the folder, or the table.
        up: the up axis of the files, "-y" for one that points down; clouds are turned y up.
        stored_points: the most points of a file that the cache keeps, a fair choice from larger ones. Clouds with fewer
            than ``num_points`` repeat some of them.
        test_fraction: share of every class cut for test where there is no ``test`` folder.
        folds: cut the clouds into so many equal parts, of which one is for test; 0 cuts ``test_fraction``.
        fold: which of them, from 0.
        group_by: regular expression: files whose paths it matches alike (in its first parenthesis, or as a whole) are
            never cut apart into train and test or validation.
        unreadable: what becomes of files that cannot be read: "refuse" them, or "skip" them with a note.
        cache_dir: folder of the cache; ``.nimba`` in ``root`` where not given, or beside the table.
        **options: as for ``CloudDataModule``.

    Raises:
        InputError: no class folders, a class without files, a class with too few files to cut a test split, folds of a
            folder that brings one, a file that cannot be read, or an argument outside its range.
    """

    def __init__(
        self,
        root: str,
        *,
        up: Up = "y",
        stored_points: int = 8192,
        test_fraction: float = 0.2,
        folds: int = 0,
        fold: int = 0,
        group_by: str | None = None,
        unreadable: Literal["refuse", "skip"] = "refuse",
        cache_dir: str | None = None,
        **options: Any,
    ):
        if not 0.0 < test_fraction < 1.0:
            raise InputError(f"test_fraction is {test_fraction}: give a share between 0 and 1")
        if folds < 0 or folds == 1:
            raise InputError(f"folds is {folds}: give 2 or more, or 0 for none")
        if not 0 <= fold < max(folds, 1):
            raise InputError(f"fold is {fold}: give one from 0 to {max(folds, 1) - 1}, below folds")
        require_up(up, allow_auto=False)
        self.root = Path(root)
        self.layout = open_layout(self.root, group_by)
        super().__init__(class_names=self.layout.class_names, **options)
        if stored_points < self.num_points:
            raise InputError(f"stored_points is {stored_points}, below num_points {self.num_points}: raise it")
        self.up: Up = up
        self.frame = Frame(files_up=up, facing=not any(map(_turns_any_way, self.transforms)))
        self.stored_points = stored_points
        self.unreadable = unreadable
        folder = self.root if self.root.is_dir() else self.root.parent
        self.cache_dir = Path(cache_dir) if cache_dir else folder / ".nimba"
        self._groups = {self.layout.name_of(path): self.layout.group_of(path) for path in self._all_files()}
        if folds:
            self.splits = self.layout.fold(fold, folds, self.split_seed)
            self._cut: list[Any] = [f"{fold} of {folds}", self.split_seed]
        else:
            self.splits = self.layout.splits(test_fraction, self.split_seed)
            self._cut = [test_fraction, self.split_seed]
        if self.layout.grouped:
            self._cut.append(group_by)

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of "train", "test", or of "val" where the folder brings one."""
        files = self.splits.get(split)
        if files is None:
            return None
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"folder-{self.normalisation}-{self.up}-{split}",
            sources=files,
            class_names=self.class_names,
            settings={
                "normalisation": self.normalisation,
                "stored_points": self.stored_points,
                "up": self.up,
                # Which files are in a split: caches of other cuts stay beside this one.
                "cut": self._cut,
            },
        )
        return cache.open(lambda: in_frame(self._readable(files), self.normalisation), len(files))

    def cut_validation(self, train: LabelledClouds) -> tuple[np.ndarray, np.ndarray]:
        """Which clouds of train are kept and which are for validation: groups stay together."""
        if not self.layout.grouped:
            return super().cut_validation(train)
        groups = [self._groups[name] for name in train.ids]
        return grouped_split(train.labels, groups, self.val_fraction, self.split_seed)

    def group_of(self, name: str) -> str:
        """Which clouds belong together, by the id that they have in a split."""
        return self._groups[name]

    def _all_files(self) -> list[Path]:
        return [path for paths in self.layout.files.values() for path in paths]

    def _readable(self, files: list[Path]) -> Iterator[Cloud]:
        """The clouds of files; those that cannot be read are counted, where they may be left out."""
        left_out: list[str] = []
        for path in files:
            try:
                yield self._read(path)
            except InputError as error:
                if self.unreadable == "refuse":
                    raise
                left_out.append(str(error))
        if left_out:
            what = f"{len(left_out)} of {len(files)} files could not be read and are left out: {left_out[0]}"
            warnings.warn(f"{self.root}: {what}", InputWarning, stacklevel=2)

    def _read(self, path: Path) -> Cloud:
        points = upright(read_cloud(path, num_samples=self.stored_points), self.up)
        # Resampling also puts the points of a scan, which lie in the scanner's order, into a random one.
        points = resample(points, min(len(points), self.stored_points))  # (P, 3)
        return points, self.class_names.index(self.layout.class_of(path)), self.layout.name_of(path)
