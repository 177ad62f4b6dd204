"""What the three forms of ModelNet40 have in common, and its class names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from nimba.datasets.cache import Cloud

MODELNET40_CLASSES = (
    "airplane", "bathtub", "bed", "bench", "bookshelf", "bottle", "bowl", "car", "chair", "cone",
    "cup", "curtain", "desk", "door", "dresser", "flower_pot", "glass_box", "guitar", "keyboard",
    "lamp", "laptop", "mantel", "monitor", "night_stand", "person", "piano", "plant", "radio",
    "range_hood", "sink", "sofa", "stairs", "stool", "table", "tent", "toilet", "tv_stand", "vase",
    "wardrobe", "xbox",
)  # fmt: skip
"""The official names, in label order (alphabetical)."""


class ModelNet40Form(Protocol):
    """One form of the data, unpacked in a folder: which files it has and how they are read."""

    name: str
    class_names: list[str]
    settings: dict[str, Any]
    """What decides the clouds beside the files."""

    def files(self, split: str) -> list[Path]:
        """The files of "train" or "test", in the order of their clouds."""

    def count(self, split: str) -> int:
        """Number of clouds."""

    def read(self, split: str) -> Iterator[Cloud]:
        """The clouds of a split, y up, in canonical order."""
