"""Labelled clouds of one split, in memory or memory-mapped."""

from collections.abc import Sequence

import numpy as np

from nimba.runtime.errors import InputError


class LabelledClouds:
    """M clouds with a class each, of one size or of many.

    Args:
        points: (M, P, 3) float32 for clouds of one size; (sum of sizes, 3) with ``offsets`` for clouds of many.
            An array in memory or a memory map. Each cloud is in its canonical order: a prefix of it is a fair sample.
        labels: (M,) class indices.
        num_classes: number of classes.
        ids: M names, for messages and listings.
        offsets: (M + 1,) where each cloud starts in ``points``; None for clouds of one size.

    Raises:
        InputError: a wrong shape, no clouds, or a label outside [0, num_classes).
    """

    def __init__(
        self,
        points: np.ndarray,
        labels: np.ndarray,
        num_classes: int,
        ids: Sequence[str],
        offsets: np.ndarray | None = None,
    ):
        self.points = points
        self.labels = np.asarray(labels).astype(np.int64, copy=False)
        self.ids = list(ids)
        self.offsets = offsets
        ragged = offsets is not None
        count = len(offsets) - 1 if offsets is not None else len(points)
        if points.ndim != (2 if ragged else 3) or points.shape[-1] != 3:
            raise InputError(f"clouds of shape {points.shape}: expected (clouds, points, 3)")
        if not count == len(self.ids) == len(self.labels) or self.labels.ndim != 1:
            raise InputError(
                f"{count} clouds with {self.labels.shape} labels and {len(self.ids)} ids: expected one each"
            )
        if count == 0:
            raise InputError("no clouds")
        if self.labels.min() < 0 or self.labels.max() >= num_classes:
            wrong = int(np.flatnonzero((self.labels < 0) | (self.labels >= num_classes))[0])
            raise InputError(f"{self.ids[wrong]}: label {self.labels[wrong]} is outside the {num_classes} classes")

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> np.ndarray:
        """Cloud ``index`` as (P, 3) float32; a view, possibly read-only."""
        if self.offsets is None:
            return self.points[index]
        return self.points[self.offsets[index] : self.offsets[index + 1]]

    @property
    def fewest_points(self) -> int:
        """Points of the smallest cloud."""
        return int(self.points.shape[1] if self.offsets is None else np.diff(self.offsets).min())
