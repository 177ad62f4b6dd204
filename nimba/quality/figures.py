"""The figures of one order on one cloud, and their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nimba.quality.locality import WINDOWS
from nimba.quality.stability import KINDS


@dataclass(frozen=True)
class OrderFigures:
    """What an order does to a cloud. Steps are in the units of the points, shares in [0, 1].

    An order that repeats the points is one long path: its steps and its length are those of all copies, a neighbour
    is near if any copy of it is near any copy of the point, and a pair is kept if any two of its copies still meet.
    """

    mean_step: float
    median_step: float
    max_step: float
    jump_share: float  # steps not shorter than r
    length: float
    length_over_short: float  # over that of the order "short", which no order is expected to beat by much
    within: Mapping[int, float]  # w -> share of nearest neighbours within w places on the path
    kept: Mapping[str, float]  # change of the cloud -> share of neighbours on the path that still are


STEPS = ("mean_step", "median_step", "max_step", "jump_share", "length", "length_over_short")


def figure_names(windows: Sequence[int] = WINDOWS) -> list[str]:
    """A flat name for each figure, as tables have them: "mean_step", ..., "within_4", ..., "kept_jitter", ..."""
    return [*STEPS, *(f"within_{window}" for window in windows), *(f"kept_{kind}" for kind in KINDS)]
