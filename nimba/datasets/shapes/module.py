"""The built-in data set: twelve classes of shapes made by code, nothing to download."""

from functools import partial
from pathlib import Path
from typing import Any, get_args

from nimba.clouds.pose import Frame
from nimba.datasets.cache import CloudCache
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.frames import in_frame
from nimba.datasets.module import CloudDataModule, Split
from nimba.datasets.shapes.generate import CLASS_NAMES, GENERATOR_VERSION, Variant, make_split
from nimba.runtime.errors import InputError

STORED_POINTS = 1024


class ShapesDataModule(CloudDataModule):
    """Parametric furniture, household things, plants and vehicles of random structure and proportions.

    A stand-in for ModelNet40 ("clean") and ScanObjectNN ("scan") where neither is at hand. The shapes are a pure
    function of ``data_seed``; they are made once, in seconds, and kept in ``cache_dir``.

    Args:
        train_size: training shapes; the classes take turns.
        test_size: test shapes.
        variant: "clean": points on the whole surface; "scan": a camera's partial view with noise, floor and clutter;
            "both": half and half.
        yaw: turn each shape by any angle around y (up); else it faces the front or the back.
        data_seed: seed of the shapes; ``seed`` is that of the training.
        cache_dir: folder of the cache.
        **options: as for ``CloudDataModule``.

    Raises:
        InputError: an argument outside its range, or more points asked for than are stored.
    """

    def __init__(
        self,
        train_size: int = 2400,
        test_size: int = 600,
        *,
        variant: Variant = "clean",
        yaw: bool = False,
        data_seed: int = 0,
        cache_dir: str = "data/shapes",
        **options: Any,
    ):
        super().__init__(class_names=CLASS_NAMES, **options)
        if variant not in get_args(Variant):
            raise InputError(f"variant is {variant!r}: give one of {', '.join(get_args(Variant))}")
        for name, value, least in (
            ("train_size", train_size, 1),
            ("test_size", test_size, 1),
            ("data_seed", data_seed, 0),
        ):
            if value < least:
                raise InputError(f"{name} is {value}: give {least} or more")
        if self.num_points > STORED_POINTS:
            raise InputError(f"num_points is {self.num_points}: a shape has {STORED_POINTS} points: ask for fewer")
        self.sizes = {"train": train_size, "test": test_size}
        self.variant = variant
        self.yaw = yaw
        self.frame = Frame(facing=not yaw, files_up="y")
        self.data_seed = data_seed
        self.cache_dir = Path(cache_dir)

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The shapes of "train" or "test"; there is no "val" of its own."""
        if split == "val":
            return None
        recipe: dict[str, Any] = {
            "variant": self.variant,
            "num_points": STORED_POINTS,
            "data_seed": self.data_seed,
            "yaw": self.yaw,
        }
        turned = "-yaw" if self.yaw else ""
        cache = CloudCache(
            folder=self.cache_dir,
            name=f"{self.variant}{turned}-{self.data_seed}-{self.normalisation}-{split}-{self.sizes[split]}",
            sources=(),
            class_names=self.class_names,
            settings={"normalisation": self.normalisation, "generator": GENERATOR_VERSION, **recipe},
        )
        shapes = partial(make_split, split, self.sizes[split], **recipe)
        return cache.open(lambda: in_frame(shapes(), self.normalisation), self.sizes[split])
