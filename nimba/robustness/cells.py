"""The cells of a robustness record: a condition, or a corruption at a severity, and the clouds under it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nimba.datasets.clouds import LabelledClouds
from nimba.robustness.conditions import CONDITIONS, changed
from nimba.robustness.corruptions import CORRUPTIONS, SEVERITIES, SOURCE_POINTS, corrupted

Kind = Literal["conditions", "corruptions"]


@dataclass(frozen=True)
class Cell:
    """A condition, or a corruption at a severity."""

    name: str
    severity: int | None = None

    @property
    def key(self) -> str:
        """Of the cell in a record: the condition's name, or corruption/severity."""
        return self.name if self.severity is None else f"{self.name}/{self.severity}"


@dataclass(frozen=True)
class TestedClouds:
    """The clouds that are tested, and how they are corrupted.

    Args:
        clouds: the test split.
        numbers: (M,) which of them.
        num_classes: of the data set.
        num_points: points that the network is given.
        seed: of all randomness.
        frame: that corrupted clouds are normalised into.
    """

    clouds: LabelledClouds
    numbers: np.ndarray
    num_classes: int
    num_points: int
    seed: int
    frame: str

    @property
    def labels(self) -> np.ndarray:
        """Classes (M,) of the clouds."""
        return self.clouds.labels[self.numbers]

    def batches(self, cell: Cell, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Points (B, num_points, 3) float32 and labels (B,) under a cell, all clouds in turn."""
        for start in range(0, len(self.numbers), size):
            numbers = self.numbers[start : start + size]
            yield np.stack([self._corrupted(cell, int(number)) for number in numbers]), self.clouds.labels[numbers]

    def _corrupted(self, cell: Cell, number: int) -> np.ndarray:
        """Cloud (num_points, 3); conditions change what a plain evaluation shows the network."""
        points = np.asarray(self.clouds[number])
        if cell.severity is None:
            points = points[np.arange(self.num_points) % len(points)]  # as evaluation repeats those of a smaller cloud
            return changed(points, cell.name, seed=self.seed, number=number)
        source = points[: max(SOURCE_POINTS, self.num_points)]
        draw = {"seed": self.seed, "number": number, "num_points": self.num_points}
        return corrupted(source, cell.name, cell.severity, frame=self.frame, **draw)


def cells(only: Kind | None = None) -> list[Cell]:
    """All cells, clean first, or those of a kind; clean is always among them."""
    conditions = [Cell(name) for name in CONDITIONS if only != "corruptions" or name == "clean"]
    corruptions = [Cell(name, severity) for name in CORRUPTIONS for severity in SEVERITIES]
    return conditions + (corruptions if only != "conditions" else [])


def evenly(clouds: int, limit: int | None) -> np.ndarray:
    """Numbers (at most ``limit``,) of clouds spread evenly over a split of ``clouds``; all where there is no limit."""
    if limit is None or limit >= clouds:
        return np.arange(clouds)
    return np.arange(limit) * clouds // limit
