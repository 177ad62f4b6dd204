"""A small drawing of a cloud alone, as SVG whose colours a page gives: the classes ``far``, ``mid`` and ``near``."""

import numpy as np

from nimba.viewer.camera import camera_for

WIDTH, HEIGHT = 500, 400  # units of the drawing; whole numbers keep it small
MOST_POINTS = 1024
_LAYERS = ("far", "mid", "near")
_POINT = 7


def cloud_drawing(points: np.ndarray) -> str:
    """An ``<svg>`` element of some ten kilobytes.

    Args:
        points: (N, 3), y up; at most ``MOST_POINTS`` of them are drawn, evenly taken.
    """
    some = points[:: -(-len(points) // MOST_POINTS)]
    camera = camera_for(some, WIDTH / HEIGHT)
    far_first = np.argsort(-camera.frame(some)[:, 2], kind="stable")
    places = np.rint(camera.project(some, (WIDTH, HEIGHT))).astype(int)[far_first]  # (N, 2)
    layers = zip(_LAYERS, np.array_split(places, len(_LAYERS)), strict=True)
    drawn = "".join(f'<path class="{name}" d="{"".join(f"M{x} {y}h0" for x, y in layer)}"/>' for name, layer in layers)
    look = f'viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke-linecap="round" stroke-width="{_POINT}"'
    return f'<svg class="cloud" {look}>{drawn}</svg>'
