"""What is drawn: balls and tubes of a cloud and of a path through it."""

import matplotlib
import numpy as np

from nimba.viewer import style
from nimba.viewer.path import PathStatistics


def cloud_scene(cloud: np.ndarray) -> dict[str, np.ndarray]:
    """The plain cloud (N, 3)."""
    return _scene(_balls(cloud, style.POINT, style.CLOUD), [])


def path_scene(cloud: np.ndarray, path: np.ndarray, statistics: PathStatistics) -> dict[str, np.ndarray]:
    """A path (G, 3) coloured from start to end, its jumps thin and red, over its faint cloud (N, 3)."""
    colours = matplotlib.colormaps[style.COLORMAP](np.linspace(0, 1, len(path)))[:, :3]  # (G, 3)
    jumps = statistics.jumps
    steps = (colours[1:] + colours[:-1]) / 2  # (G - 1, 3)
    balls = [_balls(cloud, style.POINT * 0.5, style.FAINT)[0], _balls(path, style.SPHERE, colours)[0]]
    tubes = (
        path[:-1],
        path[1:],
        np.where(jumps, style.JUMP_TUBE, style.TUBE),
        np.where(jumps[:, None], style.JUMP, steps),
    )
    return _scene(balls, [tubes])


def _balls(points: np.ndarray, radius: float, colour: object) -> list[tuple[np.ndarray, ...]]:
    return [(points, np.full(len(points), radius), np.broadcast_to(np.asarray(colour, float), points.shape))]


def _scene(balls: list[tuple[np.ndarray, ...]], tubes: list[tuple[np.ndarray, ...]]) -> dict[str, np.ndarray]:
    """Arrays for the child; radii are scaled by the size of the cloud, the first balls."""
    size = float(np.ptp(balls[0][0], axis=0).max()) or 1.0
    nothing = (np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
    starts, ends, tube_radii, tube_colours = (
        np.concatenate(parts) for parts in zip(*(tubes or [nothing]), strict=True)
    )
    centres, radii, colours = (np.concatenate(parts) for parts in zip(*balls, strict=True))
    return {
        "centres": centres.astype(np.float64),
        "radii": radii * size,
        "ball_colours": colours,
        "starts": starts.astype(np.float64),
        "ends": ends.astype(np.float64),
        "tube_radii": tube_radii * size,
        "tube_colours": tube_colours,
    }
