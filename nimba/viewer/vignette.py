"""A small drawing of a cloud along its path, as SVG: no script, no network, a few kilobytes."""

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from nimba.viewer import style
from nimba.viewer.camera import Camera, camera_for
from nimba.viewer.views import PathView

WIDTH, HEIGHT = 1000, 800  # units of the drawing; whole numbers keep it small
MOST_POINTS = 1024
_POINT, _STRAND, _JUMP, _END = 13, 11, 6, 15  # widths and a radius, in these units
_LAYERS = ("#c9d0da", "#b2bccb", "#9aa8bc")  # of points, from the farthest to the nearest


def vignette(view: PathView) -> str:
    """A view as an ``<svg>`` element: points in three shades by depth, the path coloured from its start to its end.

    Args:
        view: of one cloud; at most ``MOST_POINTS`` of its points are drawn.
    """
    step = -(-len(view.cloud) // MOST_POINTS)
    camera = camera_for(np.concatenate([view.cloud, view.path]), WIDTH / HEIGHT)
    drawn = [*_dots(view.cloud[::step], camera), *_strands(view, camera)]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" fill="none" stroke-linecap="round">{"".join(drawn)}</svg>'


def _dots(points: np.ndarray, camera: Camera) -> list[str]:
    far_first = np.argsort(-camera.frame(points)[:, 2], kind="stable")
    places = np.rint(camera.project(points, (WIDTH, HEIGHT))).astype(int)[far_first]  # (N, 2)
    layers = np.array_split(places, len(_LAYERS))
    return [
        f'<path stroke="{colour}" stroke-width="{_POINT}" d="{"".join(f"M{x} {y}h0" for x, y in layer)}"/>'
        for colour, layer in zip(_LAYERS, layers, strict=True)
    ]


def _strands(view: PathView, camera: Camera) -> list[str]:
    """The steps of the path, the farthest first, and its start."""
    places = np.rint(camera.project(view.path, (WIDTH, HEIGHT))).astype(int)  # (G, 2)
    depth = camera.frame(view.path)[:, 2]  # (G,)
    jumps = view.statistics.jumps  # (G - 1,)
    colours = matplotlib.colormaps[style.COLORMAP](np.linspace(0, 1, max(len(jumps), 1)))
    steps = []
    for at in np.argsort(-(depth[:-1] + depth[1:]), kind="stable"):
        (x, y), (to_x, to_y) = places[at], places[at + 1]
        look = f'stroke="{to_hex(colours[at])}" stroke-width="{_STRAND}"'
        if jumps[at]:
            look = f'stroke="{to_hex(style.JUMP)}" stroke-width="{_JUMP}" stroke-dasharray="14 16"'
        steps.append(f'<path {look} d="M{x} {y}L{to_x} {to_y}"/>')
    x, y = places[0]
    return [*steps, f'<circle cx="{x}" cy="{y}" r="{_END}" fill="{to_hex(colours[0])}"/>']
