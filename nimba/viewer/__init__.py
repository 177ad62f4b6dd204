"""Viewer: draw what an ordering does to a cloud, as a picture, an animation, or in a window.

The names below are imported when they are first used: matplotlib, and Open3D for a window, take a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nimba.viewer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
