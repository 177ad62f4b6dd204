"""Boxes around things."""

import numpy as np

from nimba.clouds.hull import convex_hull
from nimba.scenes.planes import frame
from nimba.scenes.scene import Box


def axis_box(points: np.ndarray) -> Box:
    """Along the axes, around points (N, 3)."""
    low, high = points.min(0), points.max(0)
    return Box((low + high) / 2, high - low, np.eye(3))


def upright_box(points: np.ndarray, up: np.ndarray) -> Box:
    """The box around points (N, 3) with its middle axis along ``up`` (3,) whose floor plan is smallest.

    One of its sides is along an edge of the plan's convex hull (Freeman and Shapira, CACM 1975).
    """
    level = frame(up)  # (2, 3)
    plan = points @ level.T  # (N, 2)
    hull = convex_hull(plan)
    edges = np.roll(hull, -1, 0) - hull if len(hull) < 1000 else np.eye(2)
    lengths = np.linalg.norm(edges, axis=1)
    edges = edges[lengths > 0] / lengths[lengths > 0, None]
    if not len(edges):
        edges = np.eye(2)[:1]
    along = hull @ edges.T  # (H, E)
    across = hull @ np.stack([-edges[:, 1], edges[:, 0]])
    areas = np.ptp(along, axis=0) * np.ptp(across, axis=0)
    first = edges[int(areas.argmin())] @ level  # (3,)
    axes = np.stack([first, up, np.cross(first, up)])
    inside = points @ axes.T
    low, high = inside.min(0), inside.max(0)
    return Box((low + high) / 2 @ axes, high - low, axes)
