"""A scene of several things as a picture: its points coloured by thing, a box and a name on each."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write
from nimba.scenes import Scene
from nimba.scenes.scene import level_frame
from nimba.viewer import style
from nimba.viewer.camera import camera_for

WIDTH = 1600  # pixels
DPI = 100
MOST = 60_000  # points that are drawn
WIDEST, TALL = 130, 34  # pixels of a name
PLANE, REST = "#c9ced6", "#e9ecf0"
EDGES = [(a, b) for a in range(8) for b in range(8) if b > a and (a ^ b) in (1, 2, 4)]  # of a box, corners by bits


def thing_colours(count: int) -> np.ndarray:
    """(count, 3) in [0, 1]: twenty that are easily told apart, again and again."""
    palette = np.array(matplotlib.colormaps["tab20"].colors)[:, :3]  # type: ignore[attr-defined]
    order = [*range(0, 20, 2), *range(1, 20, 2)]
    order = [number for number in order if number not in (14, 15)]  # grey is for planes
    return palette[[order[number % len(order)] for number in range(count)]]


def draw_scene(scene: Scene, names: Sequence[str], path: Path) -> None:
    """Draw a scene as a PNG; it appears whole or not at all.

    Args:
        scene: as ``split_scene`` returns it.
        names: what to write on each object.
        path: of the PNG.

    Raises:
        InputError: not one name for each object.
    """
    data = scene_png(scene, names)
    atomic_write(path, lambda partial: partial.write_bytes(data))


def scene_png(scene: Scene, names: Sequence[str]) -> bytes:
    """The PNG itself; arguments and errors as for ``draw_scene``."""
    if len(names) != len(scene.objects):
        raise InputError(f"names: {len(names)} for {len(scene.objects)} objects; give one for each")
    turn = level_frame(scene.up)  # (3, 3)
    middle = np.median(scene.points, axis=0).astype(np.float64)
    chosen = _chosen(scene)
    points = (scene.points[chosen].astype(np.float64) - middle) @ turn.T  # (M, 3), y up
    boxes = [(thing.upright_box.corners() - middle) @ turn.T for thing in scene.objects]
    shown = np.concatenate([points, *boxes]) if boxes else points
    low, high = np.percentile(points, [0.2, 99.8], axis=0)  # strays do not make the rest small
    camera = camera_for(np.clip(shown, np.minimum(low, _ends(boxes, low, 0)), np.maximum(high, _ends(boxes, high, 1))))
    size = (WIDTH, round(WIDTH / camera.aspect))
    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(size[1], 0))
    axes.set_axis_off()
    depth = camera.frame(points)[:, 2]
    back_to_front = np.argsort(-depth, kind="stable")
    place, colours = camera.project(points, size), _colours(scene, scene.labels[chosen])
    sizes = np.where(scene.labels[chosen] >= len(scene.planes), 9.0, 4.0)
    across, down = place[back_to_front].T
    axes.scatter(across, down, s=sizes[back_to_front], c=colours[back_to_front], linewidths=0)
    tags: list[tuple[float, float]] = []
    for corners, name, colour in zip(boxes, names, thing_colours(len(boxes)), strict=True):
        spots, rim = camera.project(corners, size), 0.75 * colour
        for a, b in EDGES:
            axes.plot(*spots[[a, b]].T, color=rim, linewidth=1.4)
        top = spots[[corner for corner in range(8) if corner & 2]]
        x, y = float(top[:, 0].mean()), float(top[:, 1].min()) - 8
        while any(abs(x - other) < WIDEST and abs(y - high) < TALL for other, high in tags):
            y -= TALL / 4  # no name covers another
        tags.append((x, y))
        look = {"facecolor": "white", "edgecolor": rim, "boxstyle": "round,pad=0.25"}
        axes.text(x, y, name, ha="center", va="bottom", fontsize=13, color=style.INK, bbox=look)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white")
    return buffer.getvalue()


def _chosen(scene: Scene) -> np.ndarray:
    """Numbers of the points that are drawn, ascending."""
    count = len(scene.points)
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MOST, replace=False))


def _colours(scene: Scene, labels: np.ndarray) -> np.ndarray:
    table = np.array([matplotlib.colors.to_rgb(colour) for colour in (REST, *[PLANE] * len(scene.planes))])
    return np.concatenate([table, thing_colours(len(scene.objects))])[labels + 1]


def _ends(boxes: list[np.ndarray], otherwise: np.ndarray, upper: int) -> np.ndarray:
    if not boxes:
        return otherwise
    return np.concatenate(boxes).max(0) if upper else np.concatenate(boxes).min(0)
