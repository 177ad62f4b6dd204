"""What there is to draw: one view for each order of a cloud."""

from dataclasses import dataclass

import numpy as np

from nimba.quality.steps import PathStatistics, path_statistics


@dataclass(frozen=True)
class PathView:
    """One cloud and one path through it.

    The path's units are its points, centres, or patches. They are coloured by their place along the path, or by
    ``values``.
    """

    title: str
    cloud: np.ndarray  # (N, 3), y up, in the units of r
    path: np.ndarray  # (G, 3), points or centres in their order
    r: float  # steps of this length or more are marked as jumps
    patches: np.ndarray | None = None  # (G, K, 3), absolute, along the path: drawn around their centres
    values: np.ndarray | None = None  # (G,) to colour by
    values_label: str = ""  # what they are, with their unit, for the colour bar
    diverging: bool = False  # values have a sign: a colour map with a neutral zero
    unit: str = "centre"  # what the path runs through, in the singular

    @property
    def statistics(self) -> PathStatistics:
        """Figures of the path's steps."""
        return path_statistics(self.path, self.r)

    @property
    def summary(self) -> str:
        """Figures of the path's steps, in words."""
        statistics = self.statistics
        jumps = int(statistics.jumps.sum())
        parts = [counted(statistics.count, self.unit), f"mean step {statistics.mean_step:.3f}", counted(jumps, "jump")]
        return ", ".join(parts)


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 jump", "2 jumps", "4,096 points", "3 patches"."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"
