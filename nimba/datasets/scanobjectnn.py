"""ScanObjectNN: 15 classes of real indoor scans."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from nimba.clouds.pose import Frame
from nimba.datasets.cache import Cloud, CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.frames import in_frame
from nimba.datasets.hdf5 import count_clouds, read_hdf5
from nimba.datasets.module import CloudDataModule, Normalisation, Split
from nimba.datasets.scanobjectnn_form import SCANOBJECTNN_CLASSES
from nimba.runtime.errors import InputError

Variant = Literal["OBJ_BG", "OBJ_ONLY", "PB_T50_RS"]
_FORM = "https://hkust-vgd.github.io/scanobjectnn/"
_FILES = {  # folder, end of the file names
    "OBJ_BG": ("main_split", ""),
    "OBJ_ONLY": ("main_split_nobg", ""),
    "PB_T50_RS": ("main_split", "_augmentedrot_scale75"),
}


class ScanObjectNNDataModule(CloudDataModule):
    """ScanObjectNN (Uy et al., ICCV 2019) in the HDF5 files of its authors, 2,048 points an object, y up.

    The data is behind a form that binds its user to terms, so it is never downloaded here.

    Args:
        root: folder that has ``main_split`` and ``main_split_nobg``, or ``h5_files`` with them.
        variant: "OBJ_BG" (objects with background), "OBJ_ONLY" (without), or "PB_T50_RS" (the hardest: with background,
            in boxes that were moved, turned and scaled).
        cache_dir: folder of the cache; ``.nimba`` in ``root`` where not given.
        num_points: points a sample, at most 2,048.
        normalisation: "none" keeps the units of the files, as the field does.
        **options: as for ``CloudDataModule``.

    Raises:
        InputError: no data in ``root``, a bad file, or more points asked for than there are.
    """

    frame = Frame(facing=False)  # scans face any way

    def __init__(
        self,
        root: str = "data/scanobjectnn",
        *,
        variant: Variant = "PB_T50_RS",
        cache_dir: str | None = None,
        num_points: int = 2048,
        normalisation: Normalisation = "none",
        **options: Any,
    ):
        if variant not in _FILES:
            raise InputError(f"variant is {variant!r}: give one of {', '.join(_FILES)}")
        self.root = Path(root)
        self.variant = variant
        self.cache_dir = Path(cache_dir) if cache_dir else self.root / ".nimba"
        for split in ("train", "test"):
            self._file(split)  # missing files are told of at once
        super().__init__(
            class_names=SCANOBJECTNN_CLASSES, num_points=num_points, normalisation=normalisation, **options
        )

    def _file(self, split: str) -> Path:
        folder, end = _FILES[self.variant]
        name = f"{'training' if split == 'train' else 'test'}_objectdataset{end}.h5"
        for home in (self.root, self.root / "h5_files"):
            if (home / folder / name).is_file():
                return home / folder / name
        raise InputError(
            f"{self.root / folder / name}: no such file: ask for ScanObjectNN's h5_files at {_FORM} "
            f"and put {name} into {self.root / folder}"
        )

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of "train" or "test"; there is no official "val"."""
        if split == "val":
            return None
        path = self._file(split)
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"scanobjectnn-{self.variant}-{self.normalisation}-{split}",
            sources=[path],
            class_names=self.class_names,
            settings={"normalisation": self.normalisation},
        )
        clouds = cache.open(lambda: in_frame(_read(path), self.normalisation), count_clouds([path]))
        if clouds.fewest_points < self.num_points:
            raise InputError(
                f"num_points is {self.num_points}, but {path} has {clouds.fewest_points} points a cloud: ask for fewer"
            )
        return clouds


def _read(path: Path) -> Iterator[Cloud]:
    points, labels, ids = read_hdf5(path, len(SCANOBJECTNN_CLASSES))
    return zip(points, labels.tolist(), ids, strict=True)
