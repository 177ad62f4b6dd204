"""A cloud under all corruptions, as a picture fit for print."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nimba.clouds import normalise, read_cloud, resample
from nimba.clouds.pose import Up, upright
from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.robustness.corruptions import CORRUPTIONS, SOURCE_POINTS, corrupted
from nimba.robustness.plot import write_png

_VIEW = {"elev": 18, "azim": -60}
_REACH = 0.8  # half of what a panel shows


def open_cloud(source: str, up: Up = "y") -> np.ndarray:
    """A cloud (1024, 3) in the unit sphere, y up.

    Args:
        source: the path of a file, or a name of ``nimba.datasets.shapes.CLASS_NAMES`` for a made one.
        up: the file's axis that points up; made shapes have theirs.

    Raises:
        InputError: for a file that cannot be read.
    """
    path = Path(source)
    if source in CLASS_NAMES and not path.is_file():
        points = make_shape(source, np.random.default_rng(0), SOURCE_POINTS)
    else:
        points = resample(upright(read_cloud(path), up), SOURCE_POINTS)
    return normalise(points, "unit_sphere")


def draw_corruptions(points: np.ndarray, path: Path, severity: int = 3, seed: int = 0) -> None:
    """Write a PNG with a panel for the cloud itself and one for each corruption; colour: height.

    Args:
        points: (N, 3) in the unit sphere, y up.
        path: of the picture.
        severity: 1 to 5.
        seed: of the corruptions.
    """
    panels = {"clean": points}
    for name in CORRUPTIONS:
        panels[name] = corrupted(points, name, severity, seed=seed, number=0, num_points=len(points))
    figure = Figure(figsize=(9.6, 10.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    for place, (name, cloud) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(4, 4, place, projection="3d")
        x, y, z = cloud.T
        axes.scatter(x, -z, y, c=y, cmap="viridis", s=2.5, linewidths=0, alpha=0.9)  # matplotlib's up is z
        axes.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), zlim=(-_REACH, _REACH))
        axes.set_box_aspect((1, 1, 1), zoom=1.2)
        axes.view_init(**_VIEW)
        axes.set_axis_off()
        axes.set_title(name, fontsize=9, y=1.02)
    figure.suptitle(f"Self-made ModelNet40-C, severity {severity}", fontsize=11)
    write_png(figure, path)
