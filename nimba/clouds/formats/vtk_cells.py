"""Cells of VTK, lists of corners each of a type, as triangles."""

import numpy as np

from nimba.clouds.formats.polygons import fans_of_lists, strips

POLYGON, STRIP = 7, 6
_PIXEL = 8  # a square whose corners stand row by row
_FLAT = (5, POLYGON, 9)  # triangle, polygon, square
_VOLUMES = (10, 11, 12, 13, 14)  # tetrahedron, voxel, hexahedron, wedge, pyramid
VOLUMES = "its cells are volumes: their corners are read as a cloud"


def lists_of(flat: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists that each begin with their length -> their lengths (count,), and what is in them.

    Args:
        flat: (S,) whole numbers.
        count: of the lists.

    Raises:
        ValueError: they are longer or shorter than ``flat``.
    """
    if count and len(flat) % count == 0:
        table = flat.reshape(count, -1)
        if table.shape[1] and (table[:, 0] == table.shape[1] - 1).all():
            return table[:, 0], table[:, 1:].ravel()
    starts, place, values = [], 0, flat.tolist()
    for _ in range(count):
        if not (place < len(values) and values[place] >= 0):
            raise ValueError("cells that break off")
        starts.append(place)
        place += values[place] + 1
    if place != len(values):
        raise ValueError(f"{place:,} numbers of cells instead of {len(values):,}")
    heads = np.array(starts, np.int64)
    return flat[heads], np.delete(flat, heads)


def triangles_of(counts: np.ndarray, flat: np.ndarray, types: np.ndarray) -> tuple[np.ndarray, bool]:
    """Triangles (T, 3) of cells, and whether there are volumes among them, which have none here.

    Args:
        counts: (C,) corners of each cell.
        flat: (sum of counts,) their indices.
        types: (C,) as VTK numbers them; vertices and lines are passed over.
    """
    cell = np.repeat(np.arange(len(counts)), counts)

    def of(*kinds: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = np.isin(types, kinds)
        return counts[chosen], flat[chosen[cell]]

    pieces = [fans_of_lists(*of(*_FLAT))]
    pixels, corners = of(_PIXEL)
    if (pixels == 4).all() and len(pixels):
        pieces.append(fans_of_lists(pixels, corners.reshape(-1, 4)[:, [0, 1, 3, 2]].ravel()))
    lengths, corners = of(STRIP)
    pieces.append(strips(np.insert(corners.astype(np.int64), np.cumsum(lengths), -1)))
    return np.concatenate(pieces), bool(np.isin(types, _VOLUMES).any())
