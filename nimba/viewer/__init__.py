"""Viewer: draw what an ordering does to a cloud, as a picture, an animation, or in a window."""

from nimba.viewer.animation import animate
from nimba.viewer.figure import draw
from nimba.viewer.views import PathView
from nimba.viewer.window import open_window

__all__ = ["PathView", "animate", "draw", "open_window"]
