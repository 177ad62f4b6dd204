"""Viewer: draw what an ordering does to a cloud."""

from nimba.viewer.figure import draw
from nimba.viewer.views import PathView

__all__ = ["PathView", "draw"]
