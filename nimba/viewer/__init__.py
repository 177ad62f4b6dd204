"""Viewer: draw what an ordering does to a cloud."""

from nimba.viewer.figure import draw_path
from nimba.viewer.path import PathStatistics, path_statistics

__all__ = ["PathStatistics", "draw_path", "path_statistics"]
