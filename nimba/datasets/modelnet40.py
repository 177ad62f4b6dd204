"""ModelNet40: 40 classes of CAD models, 9,843 for training and 2,468 for test."""

from pathlib import Path
from typing import Any, Literal, get_args

from nimba.clouds.pose import Frame
from nimba.datasets.cache import CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.frames import in_frame
from nimba.datasets.modelnet40_download import by_hand, fetch
from nimba.datasets.modelnet40_form import MODELNET40_CLASSES, ModelNet40Form
from nimba.datasets.modelnet40_hdf5 import HDF5Form
from nimba.datasets.modelnet40_off import OFFForm
from nimba.datasets.modelnet40_text import TextForm
from nimba.datasets.module import CloudDataModule, Split
from nimba.runtime.errors import InputError

Form = Literal["auto", "hdf5", "text", "off"]


class ModelNet40DataModule(CloudDataModule):
    """ModelNet40 (Wu et al., 3D ShapeNets, CVPR 2015) with its official split, in any of the three forms in use.

    Args:
        root: folder of the unpacked data.
        form: "hdf5" (modelnet40_ply_hdf5_2048), "text" (modelnet40_normal_resampled), "off" (the meshes), or "auto" to
            tell it by the files in ``root``.
        download: fetch the data where ``root`` has none: the HDF5 form for "auto" and "hdf5", the meshes for "off".
        stored_points: points a shape that the cache keeps of the text files (at most 10,000) or draws on the meshes.
            The HDF5 files are kept as they are.
        cache_dir: folder of the cache; ``.nimba`` in ``root`` where not given.
        **options: as for ``CloudDataModule``.

    Raises:
        InputError: no data in ``root``, a bad file, or more points asked for than are stored.
    """

    frame = Frame(mirrored=True)  # whatever the form: (x, z, y) of the meshes

    def __init__(
        self,
        root: str = "data/modelnet40_ply_hdf5_2048",
        *,
        form: Form = "auto",
        download: bool = False,
        stored_points: int = 2048,
        cache_dir: str | None = None,
        **options: Any,
    ):
        if form not in get_args(Form):
            raise InputError(f"form is {form!r}: give one of {', '.join(get_args(Form))}")
        if stored_points < 1:
            raise InputError(f"stored_points is {stored_points}: give 1 or more")
        self.root = Path(root)
        self.form = form
        self.stored_points = stored_points
        self.cache_dir = Path(cache_dir) if cache_dir else self.root / ".nimba"
        self.source = self._find()
        if self.source is None and not (download and form != "text"):
            form = "hdf5" if form == "auto" else form
            raise InputError(
                f"{self.root}: no ModelNet40 ({form}) here: {self._remedy(form)}{by_hand(form, self.root)}"
            )
        super().__init__(class_names=self.source.class_names if self.source else MODELNET40_CLASSES, **options)

    @staticmethod
    def _remedy(form: str) -> str:
        return "" if form == "text" else "set download to true, or "

    def _find(self) -> ModelNet40Form | None:
        if self.form in ("auto", "hdf5") and HDF5Form.is_in(self.root):
            return HDF5Form(self.root)
        if self.form in ("auto", "text") and TextForm.is_in(self.root):
            return TextForm(self.root, self.stored_points)
        if self.form in ("auto", "off") and OFFForm.is_in(self.root):
            return OFFForm(self.root, self.stored_points)
        return None

    def prepare_data(self) -> None:
        """Download where asked for and needed, then build the cache."""
        if self._find() is None:
            fetch("off" if self.form == "off" else "hdf5", self.root)
        super().prepare_data()

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of "train" or "test"; there is no official "val"."""
        if split == "val":
            return None
        source = self._opened()
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"modelnet40-{source.name}-{self.normalisation}-{split}",
            sources=source.files(split),
            class_names=self.class_names,
            settings={"normalisation": self.normalisation, **source.settings},
        )
        clouds = cache.open(lambda: in_frame(source.read(split), self.normalisation), source.count(split))
        if clouds.fewest_points < self.num_points:
            raise InputError(
                f"num_points is {self.num_points}, but {self.root} has {clouds.fewest_points} points a shape: "
                + ("ask for fewer" if source.name == "hdf5" else "ask for fewer or raise stored_points")
            )
        return clouds

    def _opened(self) -> ModelNet40Form:
        """The form in ``root``; downloaded after this object was made, it is opened now."""
        if self.source is None:
            self.source = self._find()
            if self.source is None:
                raise InputError(f"{self.root}: not downloaded yet: call prepare_data first")
            if self.source.class_names != self.class_names:
                raise InputError(f"{self.root}: its classes are not those of ModelNet40: delete it and start again")
        return self.source
