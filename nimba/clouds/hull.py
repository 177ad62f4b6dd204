"""The convex hull of points in a plane, without scipy: it would take longer to load than all the rest."""

import numpy as np

_DIRECTIONS = np.arange(16) * (np.pi / 8)
_TURNS = np.stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])  # (2, 16)
_FLAT = 1e-13  # of the extent: what is narrower has no area but that of rounding


def convex_hull(points: np.ndarray) -> np.ndarray:
    """The corners of the convex hull, counterclockwise from the lowest in the order of their coordinates.

    Andrew's monotone chain (IPL 1979) on what lies outside of the polygon of the extreme points in 16 directions (Akl
    and Toussaint, IPL 1978). Points within an edge are no corners.

    Args:
        points: (N, 2), finite, float64; N >= 1. The result does not depend on their order.

    Returns:
        (C, 2), rows of ``points``; of points on a line, and of a single one, C <= 2.
    """
    rows = np.unique(_outer(points), axis=0).tolist()
    if len(rows) < 3:
        return np.array(rows)
    lower, upper = _chain(rows), _chain(rows[::-1])
    corners = np.array(lower[:-1] + upper[:-1])  # (C, 2)
    offsets = corners - corners[0]
    ends = corners[np.argmax(np.abs(offsets).max(1))] - corners[0]
    across = np.abs(offsets[:, 0] * ends[1] - offsets[:, 1] * ends[0]).max() / np.hypot(*ends)
    if across <= _FLAT * np.abs(corners).max():
        return np.array([rows[0], rows[-1]])
    return corners


def _outer(points: np.ndarray) -> np.ndarray:
    """The points (M, 2) of (N, 2) that may be corners: none strictly within the polygon of some extreme points."""
    if len(points) < 64:
        return points
    extreme = points[np.argmax(points @ _TURNS, axis=0)]  # (16, 2), counterclockwise
    edges = np.roll(extreme, -1, 0) - extreme  # (16, 2)
    edges, extreme = edges[edges.any(1)], extreme[edges.any(1)]  # (E, 2)
    if not len(edges):  # one point, many times
        return points[:1]
    left = points[:, 1:] * edges[:, 0] - points[:, :1] * edges[:, 1]  # (N, E)
    bounds = extreme[:, 1] * edges[:, 0] - extreme[:, 0] * edges[:, 1]  # (E,)
    margin = 1e-12 * np.square(np.abs(extreme).max())  # rounding errs by less
    return points[~np.all(left > bounds + margin, axis=1)]


def _chain(rows: list[list[float]]) -> list[list[float]]:
    """The corners from the first to the last of sorted points that have all others on their left."""
    chain: list[list[float]] = []
    for x, y in rows:
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            chain.pop()
        chain.append([x, y])
    return chain
