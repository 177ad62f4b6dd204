"""ModelNet40 as OFF meshes, by way of torch-geometric's ``ModelNet``.

Files: ``<class>/train/<class>_0001.off`` and ``<class>/test/...`` in ``raw/`` (torch-geometric's place), in
``ModelNet40/`` (the archive's folder) or in the root itself. Other than in torch-geometric, files are taken in sorted
order (its glob is unsorted), and the points of a shape are drawn once, seeded by its name (its ``SamplePoints`` draws
anew at each access). They become (x, z, y), y up: the mirror image that the two sampled forms are, too.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data
from torch_geometric.datasets import ModelNet
from torch_geometric.transforms import SamplePoints
from tqdm import tqdm

from nimba.clouds.formats.off import read_off
from nimba.clouds.formats.source import open_source
from nimba.clouds.mesh import check_faces
from nimba.clouds.pose import upright
from nimba.datasets.cache import Cloud
from nimba.datasets.randomness import derived_seed, kept_random_state, seed_sample
from nimba.runtime.errors import InputError


class OFFForm:
    """The unpacked meshes of ModelNet40.

    Args:
        root: their folder.
        stored_points: points that are drawn on each surface.

    Raises:
        InputError: no meshes in a split, or an ill-formed one.
    """

    name = "off"

    def __init__(self, root: Path, stored_points: int):
        self.raw = _raw_folder(root) or root / "raw"
        self.stored_points = stored_points
        self.class_names = sorted(path.parent.name for path in self.raw.glob("*/train"))
        self.settings: dict[str, Any] = {"stored_points": stored_points, "axes": "x z y"}

    @staticmethod
    def is_in(root: Path) -> bool:
        """Whether ``root`` holds this form."""
        return _raw_folder(root) is not None

    def files(self, split: str) -> list[Path]:
        """The meshes of a split, by class and name."""
        paths = [path for name in self.class_names for path in sorted((self.raw / name / split).glob(f"{name}_*.off"))]
        if not paths:
            raise InputError(f"{self.raw}: no <class>/{split}/<class>_*.off: unpack the data set again")
        return paths

    def count(self, split: str) -> int:
        """Number of clouds."""
        return len(self.files(split))

    def read(self, split: str) -> Iterator[Cloud]:
        """Clouds of a split, by class and name, y up."""
        with tempfile.TemporaryDirectory(prefix="nimba-modelnet40-") as processed:
            shapes = _SampledModelNet(self, split, Path(processed))
            for shape in shapes:
                yield upright(shape.pos.numpy(), "z", mirrored=True), int(shape.y), shape.name


def _raw_folder(root: Path) -> Path | None:
    for folder in (root / "raw", root / "ModelNet40", root):
        if next(folder.glob("*/train/*.off"), None) is not None:
            return folder
    return None


def _mesh(path: Path) -> Data:
    """A mesh as torch-geometric holds one, read by NIMBA: its own reader takes faces of five corners for others."""
    with open_source(path, gzipped=False) as source:
        mesh = read_off(source)
    if mesh.triangles is None or len(mesh.triangles) == 0:
        raise InputError(f"{path}: has no triangles")
    check_faces(path, mesh.points, mesh.triangles)
    return Data(
        pos=torch.from_numpy(mesh.points.astype(np.float32)),  # (V, 3)
        face=torch.from_numpy(mesh.triangles.T.copy()),  # (3, T)
    )


class _SampledModelNet(ModelNet):
    """torch-geometric's ModelNet over one split, each mesh replaced by points drawn once on its surface."""

    def __init__(self, form: OFFForm, split: str, processed: Path):
        self.form = form
        self.split = split
        self.processed = processed
        self.sample = SamplePoints(form.stored_points)
        super().__init__(str(form.raw.parent), name="40")

    @property
    def raw_dir(self) -> str:
        return str(self.form.raw)

    @property
    def raw_file_names(self) -> list[str]:
        return self.form.class_names

    @property
    def processed_dir(self) -> str:
        return str(self.processed)

    @property
    def processed_file_names(self) -> list[str]:
        return [f"{self.split}.pt"]

    def process(self) -> None:
        self.save(self.process_set(self.split), self.processed_paths[0])

    def process_set(self, dataset: str) -> list[Data]:
        paths = self.form.files(dataset)
        with kept_random_state():
            return [self._cloud(path) for path in tqdm(paths, desc="sampling meshes", leave=False, disable=None)]

    def _cloud(self, path: Path) -> Data:
        seed_sample(0, 0, derived_seed(path.stem))
        try:
            cloud = self.sample(_mesh(path))
        except (InputError, OSError, ValueError, IndexError, RuntimeError, AssertionError) as error:
            raise InputError(f"{path}: not a triangle mesh in OFF format: unpack the data set again") from error
        if not torch.isfinite(cloud.pos).all():
            raise InputError(f"{path}: has vertices that are not finite: unpack the data set again")
        cloud.y = torch.tensor([self.form.class_names.index(path.parent.parent.name)])
        cloud.name = path.stem
        return cloud
