"""Quality: figures of what an ordering does to a cloud, to compare orderings by."""

from nimba.quality.batch import NamedOrder, measure_batch
from nimba.quality.figures import OrderFigures
from nimba.quality.measure import Comparison, compare, measure
from nimba.quality.steps import PathStatistics, path_statistics

__all__ = [
    "Comparison",
    "NamedOrder",
    "OrderFigures",
    "PathStatistics",
    "compare",
    "measure",
    "measure_batch",
    "path_statistics",
]
