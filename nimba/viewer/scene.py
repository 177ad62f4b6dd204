"""What is drawn: the plain cloud, and the path through it."""

import numpy as np
from scipy.spatial import KDTree

from nimba.viewer import style
from nimba.viewer.mesh import Mesh, meshed
from nimba.viewer.shapes import Balls, Finish, Shape, Tubes
from nimba.viewer.views import PathView


def cloud_shapes(cloud: np.ndarray) -> list[Shape]:
    """The plain cloud (N, 3), in a haze."""
    return [Balls(cloud, point_radius(cloud), np.array(style.CLOUD), finish=Finish(hazy=True))]


def faint_shapes(cloud: np.ndarray) -> list[Shape]:
    """The cloud (N, 3) as it stands behind its path."""
    radius = style.FAINT_SHARE * point_radius(cloud)
    return [Balls(cloud, radius, np.array(style.FAINT), finish=Finish(lit=False))]


def path_shapes(view: PathView, colours: np.ndarray) -> list[Shape]:
    """A path, or patches and the path through them; jumps are thin, dashed and red.

    Args:
        view: what there is to draw.
        colours: (G, 3) along its path.
    """
    lifted = Finish(lit=False, lift=style.JUMP_LIFT * strand(view))  # they are thin: out of other steps' tubes
    return [*solid_shapes(view, colours), jump_shapes(view)._replace(finish=lifted)]


def solid_shapes(view: PathView, colours: np.ndarray) -> list[Shape]:
    """All of a path but its jumps; ``colours`` (G, 3) along it."""
    path, jumps, places = view.path, view.statistics.jumps, np.arange(len(view.path))
    parts: list[Shape] = []
    if view.patches is not None:
        points, owners = patch_points(view)
        parts.append(Balls(points, style.PATCH_SHARE * point_radius(view.cloud), colours[owners], owners))
        colours = np.broadcast_to(style.SPINE, path.shape)
    pairs = np.stack([places[:-1], places[1:]], 1)[~jumps]  # (M, 2)
    parts.append(Balls(path, strand(view) * style.SPHERE / style.TUBE, colours, places))
    parts.append(Tubes(path[pairs[:, 0]], path[pairs[:, 1]], strand(view), colours[pairs], pairs))
    return parts


def jump_shapes(view: PathView) -> Tubes:
    """The jumps of a path, dashed."""
    (at,) = view.statistics.jumps.nonzero()  # (J,)
    lines, places = dashes(np.linalg.norm(view.path[at + 1] - view.path[at], axis=1), style.DASH * size_of(view.cloud))
    start, step = view.path[at[lines]], (view.path[at + 1] - view.path[at])[lines]  # (D, 3)
    begin, end = (start + place[:, None] * step for place in places.T)  # (D, 3)
    radius = max(strand(view) * style.JUMP_TUBE / style.TUBE, style.LEAST_JUMP_TUBE * size_of(view.cloud))
    return Tubes(begin, end, radius, np.array(style.JUMP), at[lines, None] + places, Finish(lit=False))


def faint_scene(cloud: np.ndarray) -> Mesh:
    """``faint_shapes`` for the window."""
    return meshed(faint_shapes(cloud), style.POINT_DETAIL)


def solid_scene(view: PathView, colours: np.ndarray) -> Mesh:
    """``solid_shapes`` for the window."""
    patched = view.patches is not None
    return meshed(solid_shapes(view, colours), style.POINT_DETAIL if patched else style.SPHERE_DETAIL)


def jump_scene(view: PathView) -> Mesh:
    """``jump_shapes`` for the window."""
    return meshed([jump_shapes(view)], style.POINT_DETAIL)


def dashes(lengths: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Cut lines into dashes, with gaps of two thirds of a dash; each line begins and ends with a dash.

    Args:
        lengths: (J,) of the lines.
        period: of a dash and its gap, about; it is fitted to each line.

    Returns:
        for each dash, the line that it is on (D,), and where it begins and ends there (D, 2): 0 to 1 along the line.
    """
    counts = np.maximum(np.rint(lengths / period).astype(int), 1)  # (J,)
    lines = np.repeat(np.arange(len(lengths)), counts)  # (D,)
    number = np.arange(len(lines)) - (np.cumsum(counts) - counts)[lines]  # (D,) of a dash on its line
    whole = counts[lines] - 0.4  # gaps are 0.4 of a period, and the last is left out
    return lines, np.stack([number, number + 0.6], 1) / whole[:, None]


def patch_points(view: PathView) -> tuple[np.ndarray, np.ndarray]:
    """The points of all patches, each once (P, 3), and which centre along the path is the nearest to it (P,)."""
    assert view.patches is not None
    count = view.patches.shape[1]
    points = view.patches.reshape(-1, 3)  # (G K, 3)
    distance = np.linalg.norm(view.patches - view.path[:, None], axis=2).ravel()  # (G K,)
    nearest_first = np.argsort(distance, kind="stable")
    unique, first = np.unique(points[nearest_first], axis=0, return_index=True)  # (P, 3), (P,)
    return unique, nearest_first[first] // count


def strand(view: PathView) -> float:
    """Radius of a path's tubes: the longer the path, the thinner."""
    share = (style.REFERENCE_COUNT / len(view.path)) ** style.THINNING
    spine = 1.0 if view.patches is None else style.SPINE_SHARE
    return spine * style.TUBE * min(share, style.THICKEST) * size_of(view.cloud)


def mark_radius(view: PathView) -> float:
    """Radius of the mark on a walk's head: larger than all that is on the path."""
    patched = 0.0 if view.patches is None else style.PATCH_SHARE * point_radius(view.cloud)
    largest = max(strand(view) * style.SPHERE / style.TUBE, patched, style.LEAST_MARKED * size_of(view.cloud))
    return style.HEAD_SHARE * largest


def point_radius(cloud: np.ndarray) -> float:
    """Dense clouds (N, 3) have smaller points, so that they neither clot nor vanish."""
    distances, _ = KDTree(cloud).query(cloud, k=2)
    share = float(np.median(distances[:, 1])) / size_of(cloud)
    return float(np.clip(style.POINT_FILL * share, *style.POINT_RANGE)) * size_of(cloud)


def size_of(cloud: np.ndarray) -> float:
    """The longest side of a cloud's (N, 3) bounding box."""
    return float(np.ptp(cloud, axis=0).max()) or 1.0
