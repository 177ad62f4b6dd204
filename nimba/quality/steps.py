"""Figures of a path: how long its steps are, and which of them are jumps."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PathStatistics:
    """Steps of a path, in the units of its points; a path of one point has none, and zeros for figures."""

    count: int  # N points
    steps: np.ndarray  # (N - 1,) distance of consecutive points
    jumps: np.ndarray  # (N - 1,) bool, steps that are not shorter than r

    @property
    def mean_step(self) -> float:
        """Mean distance of consecutive points."""
        return float(self.steps.mean()) if len(self.steps) else 0.0

    @property
    def median_step(self) -> float:
        """Median distance of consecutive points."""
        return float(np.median(self.steps)) if len(self.steps) else 0.0

    @property
    def max_step(self) -> float:
        """The longest step."""
        return float(self.steps.max()) if len(self.steps) else 0.0

    @property
    def length(self) -> float:
        """Sum of all steps."""
        return float(self.steps.sum())

    @property
    def jump_share(self) -> float:
        """Share of the steps that are jumps."""
        return float(self.jumps.mean()) if len(self.jumps) else 0.0


def path_statistics(path: np.ndarray, r: float) -> PathStatistics:
    """Measure a path.

    Args:
        path: (N, 3), points in their order.
        r: the wanted bound on a step, strict as in the walk.
    """
    steps = np.linalg.norm(np.diff(path.astype(np.float64), axis=0), axis=1)  # (N - 1,)
    return PathStatistics(len(path), steps, steps >= r)
