"""What is drawn: the plain cloud, and the path through it."""

import matplotlib
import numpy as np
from scipy.spatial import KDTree

from nimba.quality import PathStatistics
from nimba.viewer import style
from nimba.viewer.camera import Camera
from nimba.viewer.mesh import Mesh, balls, behind, faded, joined, shaded, tubes


def cloud_scene(cloud: np.ndarray, camera: Camera) -> Mesh:
    """The plain cloud (N, 3)."""
    points = balls(cloud, _point_radius(cloud), np.array(style.CLOUD), style.POINT_DETAIL)
    return faded(shaded(points, camera), camera)


def path_scene(cloud: np.ndarray, path: np.ndarray, statistics: PathStatistics, camera: Camera) -> Mesh:
    """A path (G, 3) coloured from start to end, its jumps thin, dashed and red, before its faint cloud (N, 3)."""
    size, jumps = _size(cloud), statistics.jumps
    colours = matplotlib.colormaps[style.COLORMAP](np.linspace(0, 1, len(path)))[:, :3]  # (G, 3)
    between = (colours[1:] + colours[:-1]) / 2  # (G - 1, 3)
    points = balls(cloud, 0.6 * _point_radius(cloud), np.array(style.FAINT), style.POINT_DETAIL)
    centres = balls(path, style.SPHERE * size, colours, style.SPHERE_DETAIL)
    steps = tubes(path[:-1][~jumps], path[1:][~jumps], style.TUBE * size, between[~jumps])
    broken = dashes(path[:-1][jumps], path[1:][jumps], style.DASH * size)
    flat = tubes(*broken, style.JUMP_TUBE * size, np.array(style.JUMP))
    return joined([behind(points, camera), shaded(joined([centres, steps]), camera), flat])


def dashes(starts: np.ndarray, ends: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut lines into dashes, with gaps of two thirds of a dash; each line begins and ends with a dash.

    Args:
        starts: (M, 3).
        ends: (M, 3).
        length: of a dash and its gap, about; it is fitted to each line.

    Returns:
        starts and ends of the dashes, (D, 3) each.
    """
    pieces: list[np.ndarray] = [np.zeros((0, 2, 3))]
    for start, end in zip(starts, ends, strict=True):
        count = max(round(float(np.linalg.norm(end - start)) / length), 1)
        first = np.arange(count) / (count - 0.4)  # gaps are 0.4 of a period, and the last is left out
        places = np.stack([first, first + 0.6 / (count - 0.4)], 1)[..., None]  # (count, 2, 1)
        pieces.append(start + places * (end - start))  # (count, 2, 3)
    cut = np.concatenate(pieces)
    return cut[:, 0], cut[:, 1]


def _point_radius(cloud: np.ndarray) -> float:
    """Dense clouds have smaller points, so that they neither clot nor vanish."""
    distances, _ = KDTree(cloud).query(cloud, k=2)
    share = float(np.median(distances[:, 1])) / _size(cloud)
    return float(np.clip(style.POINT_FILL * share, *style.POINT_RANGE)) * _size(cloud)


def _size(cloud: np.ndarray) -> float:
    return float(np.ptp(cloud, axis=0).max()) or 1.0
