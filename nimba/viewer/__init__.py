"""Viewer: draw what an ordering does to a cloud."""

from nimba.viewer.figure import draw_path

__all__ = ["draw_path"]
