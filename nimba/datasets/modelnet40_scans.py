"""Scan-like ModelNet40: a benchmark of our own making, with what makes real scans hard."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nimba.datasets.cache import Cloud, CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.frames import in_frame
from nimba.datasets.modelnet40 import ModelNet40DataModule
from nimba.datasets.modelnet40_form import ModelNet40Form
from nimba.datasets.module import Split
from nimba.datasets.randomness import derived_seed
from nimba.datasets.scan_like import VERSION, scan_like
from nimba.runtime.errors import InputError


class ModelNet40ScansDataModule(ModelNet40DataModule):
    """Self-made scans of ModelNet40's shapes: partial views with floor, wall, clutter and noise, cut out by a box that
    is moved by up to half its size, turned about up and scaled (see ``nimba.datasets.scan_like``).

    The splits are ModelNet40's. A scan is a pure function of (data_seed, split, shape, view). It has the points that
    are in view and in the box; where these are fewer than ``num_points``, some are repeated.

    Args:
        views: scans of each training shape; a test shape has one.
        data_seed: seed of the scans; ``seed`` is that of the training.
        **options: as for ``ModelNet40DataModule``.

    Raises:
        InputError: an argument outside its range, or as ``ModelNet40DataModule`` does.
    """

    def __init__(
        self,
        root: str = "data/modelnet40_ply_hdf5_2048",
        *,
        views: int = 1,
        data_seed: int = 0,
        **options: Any,
    ):
        for name, value, least in (("views", views, 1), ("data_seed", data_seed, 0)):
            if value < least:
                raise InputError(f"{name} is {value}: give {least} or more")
        super().__init__(root, **options)
        self.views = views
        self.data_seed = data_seed

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The scans of "train" or "test"; there is no official "val"."""
        if split == "val":
            return None
        source = self._opened()
        views = self.views if split == "train" else 1
        recipe = {"scans": VERSION, "views": views, "data_seed": self.data_seed}
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"scans-{source.name}-{self.data_seed}-{self.normalisation}-{split}-{views}",
            sources=source.files(split),
            class_names=self.class_names,
            settings={"normalisation": self.normalisation, **source.settings, **recipe},
        )
        return cache.open(
            lambda: in_frame(self._scans(source, split, views), self.normalisation), source.count(split) * views
        )

    def _scans(self, source: ModelNet40Form, split: Split, views: int) -> Iterator[Cloud]:
        for points, label, name in source.read(split):
            for view in range(views):
                rng = np.random.default_rng(derived_seed("scan", self.data_seed, split, name, view))
                yield scan_like(points, rng), label, name if views == 1 else f"{name}/{view}"
