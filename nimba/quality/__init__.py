"""Quality: figures of what an ordering does to a cloud, to compare orderings by."""

from nimba.quality.steps import PathStatistics, path_statistics

__all__ = ["PathStatistics", "path_statistics"]
