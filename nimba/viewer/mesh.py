"""Coloured triangle meshes, for the window: copies of a ball or a tube, each in its place and colour.

They carry their shading in the colours of their vertices: the renderer adds neither light nor tone mapping, so a step
has the colour that the colour bar says it has, and the background stays white.
"""

from typing import NamedTuple

import numpy as np

from nimba.viewer.camera import Camera
from nimba.viewer.shade import lit
from nimba.viewer.shapes import Balls, Shape

SECTORS = 16  # of a tube


class Mesh(NamedTuple):
    """V vertices and T triangles."""

    vertices: np.ndarray  # (V, 3)
    triangles: np.ndarray  # (T, 3) int
    normals: np.ndarray  # (V, 3), unit length
    colours: np.ndarray  # (V, 3) in [0, 1]
    times: np.ndarray  # (V,) when the mesh, growing along the path, gets there; in steps from its start


def balls(
    centres: np.ndarray, radius: float, colours: np.ndarray, detail: int, times: np.ndarray | float = 0.0
) -> Mesh:
    """Balls of one radius.

    Args:
        centres: (N, 3).
        radius: in their units.
        colours: (N, 3), or (3,) for all.
        detail: rings from pole to pole.
        times: (N,) when each appears.
    """
    normals, triangles = _unit_ball(detail)
    vertices = centres[:, None] + radius * normals  # (N, V, 3)
    each = np.broadcast_to(colours, centres.shape)[:, None]  # (N, 1, 3)
    appear = np.broadcast_to(times, len(centres))[:, None]  # (N, 1)
    return _copies(vertices, normals, triangles, each, appear)


def tubes(
    starts: np.ndarray,
    ends: np.ndarray,
    radius: float,
    colours: np.ndarray,
    times: np.ndarray | float = 0.0,
    sectors: int = SECTORS,
) -> Mesh:
    """Open cylinders from each start to its end.

    Args:
        starts: (M, 3).
        ends: (M, 3).
        radius: in their units.
        colours: (M, 2, 3) at both ends, blended between; or (3,) for all.
        times: (M, 2) when each grows from its start, and when it reaches its end.
        sectors: flat sides of each.
    """
    circle, triangles = _unit_tube(sectors)  # (S, 2)
    axis = ends - starts  # (M, 3)
    axis = axis / np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-12)
    helper = np.where(np.abs(axis[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])  # never along the axis
    side = np.cross(axis, helper)
    length = np.linalg.norm(side, axis=1, keepdims=True)
    side = np.where(length > 0, side / np.maximum(length, 1e-12), helper)
    frame = np.stack([side, np.cross(axis, side)], 1)  # (M, 2, 3)
    around = circle @ frame  # (M, S, 3)
    normals = np.concatenate([around, around], 1)  # (M, 2S, 3)
    rings = [end[:, None] + radius * around for end in (starts, ends)]
    sectors = len(circle)
    both = np.broadcast_to(colours, (len(starts), 2, 3)).repeat(sectors, 1)  # (M, 2S, 3)
    reached = np.broadcast_to(times, (len(starts), 2)).repeat(sectors, 1)  # (M, 2S)
    return _copies(np.concatenate(rings, 1), normals, triangles, both, reached)


def joined(meshes: list[Mesh]) -> Mesh:
    """All meshes as one."""
    shifts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    triangles = np.concatenate([mesh.triangles + shift for mesh, shift in zip(meshes, shifts, strict=True)])
    vertices, normals, colours, times = (
        np.concatenate([getattr(mesh, name) for mesh in meshes]) for name in ("vertices", "normals", "colours", "times")
    )
    return Mesh(vertices, triangles, normals, colours, times)


def meshed(shapes: list[Shape], detail: int, sectors: int = SECTORS) -> Mesh:
    """Shapes as one mesh, without their finish; ``detail`` is that of balls, ``sectors`` that of tubes."""
    return joined([_balls_or_tubes(shape, detail, sectors) for shape in shapes])


def shaded(mesh: Mesh, camera: Camera) -> Mesh:
    """The mesh under the lamp."""
    frame = np.stack([camera.right, camera.up, camera.forward], 1)
    return mesh._replace(colours=lit(mesh.colours, mesh.normals @ frame))


def _balls_or_tubes(shape: Shape, detail: int, sectors: int) -> Mesh:
    if isinstance(shape, Balls):
        return balls(shape.centres, shape.radius, shape.colours, detail, shape.times)
    return tubes(shape.starts, shape.ends, shape.radius, shape.colours, shape.times, sectors)


def _copies(
    vertices: np.ndarray, normals: np.ndarray, triangles: np.ndarray, colours: np.ndarray, times: np.ndarray
) -> Mesh:
    """One mesh of N copies: vertices (N, V, 3), triangles (T, 3) of one, the others broadcast to (N, V, ...)."""
    shape = vertices.shape
    shifts = shape[1] * np.arange(shape[0])[:, None, None]
    flat = [np.broadcast_to(array, shape).reshape(-1, 3) for array in (vertices, normals, colours)]
    return Mesh(
        flat[0], (triangles + shifts).reshape(-1, 3), flat[1], flat[2], np.broadcast_to(times, shape[:2]).reshape(-1)
    )


def _unit_ball(rings: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (V, 3), which are their own normals, and triangles (T, 3) on a grid of latitude and longitude."""
    sectors = 2 * rings
    latitude = np.linspace(0, np.pi, rings + 1)[:, None]
    longitude = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    height = np.broadcast_to(np.cos(latitude), (rings + 1, sectors))
    ball = np.stack([np.sin(latitude) * np.cos(longitude), height, np.sin(latitude) * np.sin(longitude)], -1)
    return ball.reshape(-1, 3), _grid(rings, sectors)


def _unit_tube(sectors: int) -> tuple[np.ndarray, np.ndarray]:
    """A circle (S, 2), and triangles (T, 3) between two copies of it."""
    angle = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], 1), _grid(1, sectors)


def _grid(rows: int, columns: int) -> np.ndarray:
    """Two triangles for each cell between ``rows + 1`` closed rings of ``columns`` vertices."""
    corner = columns * np.arange(rows)[:, None] + np.arange(columns)  # (rows, columns)
    beside = columns * np.arange(rows)[:, None] + (np.arange(columns) + 1) % columns
    below, across = corner + columns, beside + columns
    return np.stack([corner, beside, below, beside, across, below], -1).reshape(-1, 3)
