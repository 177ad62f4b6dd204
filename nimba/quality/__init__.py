"""Quality: figures of what an ordering does to a cloud, to compare orderings by."""

from nimba.quality.measure import Comparison, NamedOrder, compare, measure
from nimba.quality.steps import PathStatistics, path_statistics

__all__ = ["Comparison", "NamedOrder", "PathStatistics", "compare", "measure", "path_statistics"]
