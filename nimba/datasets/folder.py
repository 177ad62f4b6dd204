"""Any folder of clouds, a class a folder."""

from pathlib import Path
from typing import Any

from nimba.clouds import read_cloud, resample
from nimba.clouds.pose import Frame, Up, require_up, upright
from nimba.datasets.cache import Cloud, CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.folder_layout import FolderLayout
from nimba.datasets.frames import in_frame
from nimba.datasets.module import CloudDataModule, Split
from nimba.runtime.errors import InputError


class FolderDataModule(CloudDataModule):
    """Clouds in ``<class>/<file>``, or with splits: ``<split>/<class>/<file>`` or ``<class>/<split>/<file>``.

    Splits are train, and where there are any, test and val (or validation). Files are of any kind that
    ``nimba.clouds.read_cloud`` reads and of any size; meshes are sampled on their surface. What is no cloud by its name
    is passed by, with a note.
    Where the folder brings no test split, a stratified one is cut, seeded by ``split_seed``: a share of every class, or
    one of several folds, for cross-validation.

    Args:
        root: the folder.
        up: the up axis of the files, "-y" for one that points down; clouds are turned y up.
        stored_points: the most points of a file that the cache keeps, a fair choice from larger ones. Clouds with fewer
            than ``num_points`` repeat some of them.
        test_fraction: share of every class cut for test where there is no ``test`` folder.
        folds: cut the clouds into so many equal parts, of which one is for test; 0 cuts ``test_fraction``.
        fold: which of them, from 0.
        cache_dir: folder of the cache; ``.nimba`` in ``root`` where not given.
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
        self.layout = FolderLayout(self.root)
        super().__init__(class_names=self.layout.class_names, **options)
        if stored_points < self.num_points:
            raise InputError(f"stored_points is {stored_points}, below num_points {self.num_points}: raise it")
        self.up: Up = up
        self.frame = Frame(files_up=up)
        self.stored_points = stored_points
        self.cache_dir = Path(cache_dir) if cache_dir else self.root / ".nimba"
        if folds:
            self.splits = self.layout.fold(fold, folds, self.split_seed)
            self._cut = [f"{fold} of {folds}", self.split_seed]
        else:
            self.splits = self.layout.splits(test_fraction, self.split_seed)
            self._cut = [test_fraction, self.split_seed]

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
        return cache.open(lambda: in_frame(map(self._read, files), self.normalisation), len(files))

    def _read(self, path: Path) -> Cloud:
        points = upright(read_cloud(path, num_samples=self.stored_points), self.up)
        # Resampling also puts the points of a scan, which lie in the scanner's order, into a random one.
        points = resample(points, min(len(points), self.stored_points))  # (P, 3)
        name = self.layout.class_of(path)
        return points, self.class_names.index(name), f"{name}/{path.name}"
