"""The finished picture: the plain cloud beside its path, with a legend."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nimba.files import write_whole
from nimba.quality import PathStatistics, path_statistics
from nimba.viewer import style
from nimba.viewer.camera import camera_for
from nimba.viewer.render import render
from nimba.viewer.scene import cloud_scene, path_scene

PICTURE = (800, 700)  # pixels of each half
SIZE = (1600, 820)  # pixels of the whole
DPI = 100


def draw_path(cloud: np.ndarray, path: np.ndarray, output: Path, *, r: float, title: str) -> PathStatistics:
    """Draw a path beside its plain cloud into a PNG.

    Args:
        cloud: (N, 3), y up.
        path: (G, 3), points in their order.
        output: of the PNG; it appears whole or not at all.
        r: steps of this length or more are marked as jumps.
        title: of the path.

    Returns:
        the path's figures.

    Raises:
        InputError: if Open3D's renderer does not work here.
    """
    statistics = path_statistics(path, r)
    camera = camera_for(np.concatenate([cloud, path]), PICTURE[0] / PICTURE[1])
    scenes = [cloud_scene(cloud, camera), path_scene(cloud, path, statistics, camera)]
    plain, ordered = render(scenes, camera, PICTURE)
    figure = _compose(plain, ordered, statistics, len(cloud), r, title)
    write_whole(output, lambda partial: figure.savefig(partial, format="png", dpi=DPI, facecolor="white"))
    return statistics


def _compose(
    plain: np.ndarray, ordered: np.ndarray, statistics: PathStatistics, points: int, r: float, title: str
) -> Figure:
    figure = Figure(figsize=(SIZE[0] / DPI, SIZE[1] / DPI))
    FigureCanvasAgg(figure)
    width, height = PICTURE[0] / SIZE[0], PICTURE[1] / SIZE[1]
    bottom = 0.055
    captions = (
        (plain, f"cloud, {points:,} points"),
        (
            ordered,
            f"{title}: {statistics.count} centres, mean step {statistics.mean_step:.3f}, "
            f"{statistics.jumps.sum()} jumps ({statistics.jump_share:.1%})",
        ),
    )
    for column, (picture, caption) in enumerate(captions):
        axes = figure.add_axes((column * width, bottom, width, height))
        axes.imshow(picture, interpolation="nearest")  # pixel for pixel
        axes.set_axis_off()
        figure.text((column + 0.5) * width, bottom + height + 0.03, caption, ha="center", va="center", fontsize=15)
    bar = figure.add_axes((width + 0.1, 0.05, width - 0.3, 0.022))
    figure.colorbar(
        ScalarMappable(cmap=matplotlib.colormaps[style.COLORMAP]), cax=bar, orientation="horizontal", ticks=[]
    )
    figure.text(width + 0.092, 0.061, "start", ha="right", va="center", fontsize=13)
    figure.text(2 * width - 0.192, 0.061, "end", ha="left", va="center", fontsize=13)
    jump = Line2D([], [], color=style.JUMP, linewidth=2.5, linestyle=(0, (2.4, 1.4)), label=f"step ≥ r = {r:g}")
    figure.legend(handles=[jump], loc="center", bbox_to_anchor=(2 * width - 0.075, 0.061), frameon=False, fontsize=13)
    return figure
