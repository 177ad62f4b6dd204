"""ModelNet40: 40 classes of CAD models, 9,843 for training and 2,468 for test."""

from pathlib import Path
from typing import Any, Literal

from nimba.datasets.cache import CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.frames import in_frame
from nimba.datasets.modelnet40_hdf5 import HDF5Source
from nimba.datasets.module import CloudDataModule, Split
from nimba.errors import InputError

Form = Literal["auto", "hdf5", "text", "off"]


class ModelNet40DataModule(CloudDataModule):
    """ModelNet40 (Wu et al., CVPR 2015) with its official split, in any of the three forms in use.

    Args:
        root: folder of the unpacked data.
        form: "hdf5" (modelnet40_ply_hdf5_2048), "text" (modelnet40_normal_resampled), "off" (the meshes), or "auto" to
            tell it by the files in ``root``.
        cache_dir: folder of the cache; ``.nimba`` in ``root`` where not given.
        **options: as for ``CloudDataModule``.

    Raises:
        InputError: no data in ``root``, a bad file, or more points asked for than are stored.
    """

    def __init__(
        self,
        root: str = "data/modelnet40_ply_hdf5_2048",
        *,
        form: Form = "auto",
        cache_dir: str | None = None,
        **options: Any,
    ):
        self.root = Path(root)
        self.cache_dir = Path(cache_dir) if cache_dir else self.root / ".nimba"
        self.source = HDF5Source(self.root)
        super().__init__(class_names=self.source.class_names, **options)

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of "train" or "test"; there is no official "val"."""
        if split == "val":
            return None
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"modelnet40-{self.source.form}-{self.normalisation}-{split}",
            sources=self.source.files(split),
            class_names=self.class_names,
            settings={"normalisation": self.normalisation},
        )
        clouds = cache.open(lambda: in_frame(self.source.read(split), self.normalisation), self.source.count(split))
        if clouds.fewest_points < self.num_points:
            raise InputError(
                f"num_points is {self.num_points}, but {self.root} has {clouds.fewest_points} points a shape: "
                "ask for fewer"
            )
        return clouds
