"""Viewer: draw what an ordering does to a cloud, as a picture, an animation, or in a window.

The names below are imported when they are first used: matplotlib, and Open3D for a window, take a second.
"""

from typing import TYPE_CHECKING

from nimba.runtime.lazy import names_on_demand

if TYPE_CHECKING:
    from nimba.viewer.animation import animate
    from nimba.viewer.figure import draw
    from nimba.viewer.views import PathView
    from nimba.viewer.window import open_window

_HOMES = {
    "PathView": "nimba.viewer.views",
    "animate": "nimba.viewer.animation",
    "draw": "nimba.viewer.figure",
    "open_window": "nimba.viewer.window",
}
__all__ = ["PathView", "animate", "draw", "open_window"]

__getattr__, __dir__ = names_on_demand(__name__, _HOMES)
