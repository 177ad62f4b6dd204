"""Surfaces as triangles, (T, 3, 3) float64: y is up, x to the side, z to the front.

All of them are lofts: closed rings of points, one after the other, joined by a band of triangles. Triangles make one
exact rule of sampling serve every surface, also after a stretch (see ``sampling``).
"""

from collections.abc import Sequence

import numpy as np

Triangles = np.ndarray
"""(T, 3, 3): T triangles of three corners."""

Vector = Sequence[float] | np.ndarray
"""Three numbers."""

SEGMENTS = 24
"""Sides of the polygon that stands for a circle."""

ORIGIN = (0.0, 0.0, 0.0)


def loft(rings: np.ndarray, *, capped: bool = True, closed: bool = False) -> Triangles:
    """The surface through rings (S, M, 3).

    Args:
        rings: S rings of M points each.
        capped: close the first and the last ring by a fan around its centre.
        closed: join the last ring to the first instead.
    """
    following = np.roll(rings, -1, axis=0) if closed else rings[1:]  # (S or S - 1, M, 3)
    here = rings[: len(following)]
    here_next, following_next = np.roll(here, -1, axis=1), np.roll(following, -1, axis=1)
    lower = np.stack([here, here_next, following], axis=2)  # (S, M, 3, 3)
    upper = np.stack([following, here_next, following_next], axis=2)  # (S, M, 3, 3)
    pieces = [lower.reshape(-1, 3, 3), upper.reshape(-1, 3, 3)]  # (S * M, 3, 3) each
    if capped and not closed:
        ends = rings[[0, -1]]  # (2, M, 3)
        centres = np.broadcast_to(ends.mean(axis=1, keepdims=True), ends.shape)
        pieces.append(np.stack([centres, ends, np.roll(ends, -1, axis=1)], axis=2).reshape(-1, 3, 3))  # (2 * M, 3, 3)
    return np.concatenate(pieces)


def box(size: Vector, centre: Vector = ORIGIN) -> Triangles:
    """A box with edges ``size`` along x, y and z."""
    width, height, depth = size
    return wedge((width, depth), (width, depth), height, np.asarray(centre) - (0.0, height / 2, 0.0))


def wedge(
    bottom: tuple[float, float], top: tuple[float, float], height: float, foot: Vector = ORIGIN, shift: float = 0.0
) -> Triangles:
    """A block from a rectangle ``bottom`` (width, depth), centred at ``foot``, to a rectangle ``top``, shifted in z."""
    corners = np.array([[-0.5, 0.0, -0.5], [0.5, 0.0, -0.5], [0.5, 0.0, 0.5], [-0.5, 0.0, 0.5]])  # (4, 3)
    rings = np.stack([corners * (bottom[0], 1.0, bottom[1]), corners * (top[0], 1.0, top[1]) + (0.0, height, shift)])
    return move(loft(rings), foot)


def plate(outline: np.ndarray, thickness: Vector) -> Triangles:
    """An outline (M, 3), star-shaped around its mean, extruded by the vector ``thickness``."""
    half = np.asarray(thickness) / 2
    return loft(np.stack([outline - half, outline + half]))


def revolve(profile: np.ndarray, foot: Vector = ORIGIN, *, capped: bool = True) -> Triangles:
    """The surface of revolution of a profile (S, 2) of (radius, height) around the vertical through ``foot``."""
    radius, height = profile[:, 0, None], profile[:, 1, None]  # (S, 1)
    angle = np.linspace(0.0, 2 * np.pi, SEGMENTS, endpoint=False)
    rings = np.stack(np.broadcast_arrays(radius * np.cos(angle), height, radius * np.sin(angle)), axis=2)  # (S, M, 3)
    return move(loft(rings, capped=capped), foot)


def frustum(bottom: float, top: float, height: float, foot: Vector = ORIGIN, *, capped: bool = True) -> Triangles:
    """A cone frustum with the radii ``bottom`` and ``top``: a cylinder where they are equal."""
    return revolve(np.array([[bottom, 0.0], [top, height]]), foot, capped=capped)


def ellipsoid(radii: Vector, centre: Vector = ORIGIN) -> Triangles:
    """An ellipsoid with semi-axes ``radii``."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, SEGMENTS // 2 + 1)
    sphere = revolve(np.stack([np.cos(latitude), np.sin(latitude)], axis=1), capped=False)
    return move(sphere * np.asarray(radii), centre)


def tube(path: np.ndarray, radius: float | np.ndarray, *, capped: bool = True, closed: bool = False) -> Triangles:
    """A round tube along a path (S, 3) that is straight or nearly in a plane; ``radius`` may vary along it (S,)."""
    around = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)  # (S, 3)
    tangents = around if closed else np.gradient(path, axis=0)
    side = _normal(tangents)
    across = np.cross(tangents, side)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    angle = np.linspace(0.0, 2 * np.pi, SEGMENTS // 2, endpoint=False)[:, None]
    circles = np.cos(angle) * across[:, None] + np.sin(angle) * side  # (S, M, 3)
    return loft(path[:, None] + np.reshape(radius, (-1, 1, 1)) * circles, capped=capped, closed=closed)


def _normal(tangents: np.ndarray) -> np.ndarray:
    """The unit normal (3,) of the plane of the directions (S, 3); one of many where they are all parallel.

    By explicit rules, in which rounding decides no tie: an SVD would be free to choose, differently on each machine.
    """
    normals = np.cross(tangents[0], tangents)  # (S, 3)
    lengths = np.linalg.norm(normals, axis=1)
    if lengths.max() < 1e-9 * (tangents[0] @ tangents[0]):
        size = np.abs(tangents[0])
        flattest = np.flatnonzero(size <= size.min() + 1e-6 * size.max())[0]
        normal = np.cross(tangents[0], np.eye(3)[flattest])
    else:
        normal = normals[np.flatnonzero(lengths > 0.999 * lengths.max())[0]]
    return normal / np.linalg.norm(normal)


def rod(start: Vector, end: Vector, radius: float, end_radius: float | None = None) -> Triangles:
    """A straight tube, tapered where ``end_radius`` is given."""
    return tube(np.array([start, end], dtype=float), np.array([radius, radius if end_radius is None else end_radius]))


def torus(radius: float, thickness: float, centre: Vector = ORIGIN) -> Triangles:
    """A ring of ``radius`` that lies in the horizontal plane, its tube of radius ``thickness``."""
    angle = np.linspace(0.0, 2 * np.pi, SEGMENTS, endpoint=False)
    circle = np.stack([np.cos(angle), np.zeros_like(angle), np.sin(angle)], axis=1)  # (M, 3)
    return move(tube(radius * circle, thickness, closed=True), centre)


def move(triangles: Triangles, offset: Vector) -> Triangles:
    """Shift by ``offset``; takes any array (..., 3)."""
    return triangles + np.asarray(offset)


def turn(triangles: Triangles, axis: int, angle: float, about: Vector = ORIGIN) -> Triangles:
    """Rotate by ``angle`` (radians, right-handed) around the axis 0, 1 or 2 through the point ``about``."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.eye(3)
    rotation[[first, first, second, second], [first, second, first, second]] = (
        np.cos(angle),
        -np.sin(angle),
        np.sin(angle),
        np.cos(angle),
    )
    return (triangles - np.asarray(about)) @ rotation.T + np.asarray(about)
