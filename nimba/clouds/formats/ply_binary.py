"""The body of a binary PLY."""

import numpy as np

from nimba.clouds.formats.ply_header import Header
from nimba.clouds.formats.ply_rows import find_rows
from nimba.clouds.formats.polygons import strips
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError


def read_binary(source: Source, header: Header, wanted: dict[str, list[int]]) -> tuple[np.ndarray, np.ndarray | None]:
    """Vertices (V, 3), and triangles (T, 3) where there are faces.

    Args:
        source: the file, behind its header.
        header: whose elements are smaller than the file.
        wanted: for "vertex" the places of x, y and z, for "face" or "tristrips" that of its list of corners.

    Raises:
        InputError: fewer or more bytes than the header says.
    """
    data = source.rest()
    place, points, triangles = 0, np.empty((0, 3)), None
    for element in header.elements:
        rows = find_rows(source.path, element, data, place)
        if element.name == "vertex":
            points = rows.numbers(wanted["vertex"])  # (V, 3)
        elif element.name == "tristrips" and element.name in wanted:
            lengths, corners = rows.lists(wanted[element.name][0])
            ends = np.cumsum(lengths)
            triangles = strips(np.insert(corners.astype(np.int64), ends, -1))
        elif element.name in wanted:
            triangles = rows.polygons(wanted[element.name][0])
        place = rows.end
    if data[place:].strip(b"\0 \r\n\t"):
        left = len(data) - place
        raise InputError(f"{source.path}: {left:,} bytes more than the header of this PLY says; is its count right?")
    return points, triangles
