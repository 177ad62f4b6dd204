"""Furniture: each function draws one specimen of its class, a list of surfaces, y up."""

from itertools import pairwise

import numpy as np

from nimba.datasets.shapes.primitives import Triangles, box, ellipsoid, frustum, rod, torus, tube, turn
from nimba.datasets.shapes.supports import CORNERS, straight_legs, support


def chair(rng: np.random.Generator) -> list[Triangles]:
    """A seat with a back; armrests now and then."""
    width, depth, height = rng.uniform(0.4, 0.8), rng.uniform(0.4, 0.7), rng.uniform(0.3, 0.7)
    thick = rng.uniform(0.03, 0.15)
    parts = [*support(rng, width, depth, height), _seat(rng, width, depth, thick, height)]
    rise, lean = rng.uniform(0.3, 0.9), rng.uniform(0.0, 0.3)
    hinge = (0.0, height, -depth / 2)
    parts += [turn(part, 0, -lean, hinge) for part in _back(rng, width, rise, hinge)]
    if rng.random() < 0.4:
        parts += _armrests(rng, width, depth, height + thick)
    return parts


def stool(rng: np.random.Generator) -> list[Triangles]:
    """A small seat without a back; on most a ring or rungs for the feet."""
    width, height = rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.9)
    depth = width * rng.uniform(0.7, 1.2)
    parts = [*support(rng, width, depth, height), _seat(rng, width, depth, rng.uniform(0.05, 0.18), height)]
    if rng.random() < 0.7:
        level = rng.uniform(0.2, 0.5) * height
        parts.append(torus(0.45 * width, rng.uniform(0.015, 0.03), (0.0, level, 0.0)) * (1.0, 1.0, depth / width))
    return parts


def table(rng: np.random.Generator) -> list[Triangles]:
    """A thin wide top, round or rectangular; an apron, drawers or a lower board now and then."""
    width, depth, height = rng.uniform(0.6, 1.5), rng.uniform(0.5, 1.1), rng.uniform(0.35, 1.1)
    thick = rng.uniform(0.02, 0.06)
    if rng.random() < 0.4:
        parts = [frustum(0.5, 0.5, thick, (0.0, height, 0.0)) * (width, 1.0, depth)]
        width, depth = 0.75 * width, 0.75 * depth
    else:
        parts = [box((width, thick, depth), (0.0, height + thick / 2, 0.0))]
        width, depth = 0.9 * width, 0.9 * depth
    parts += support(rng, width, depth, height)
    extra = rng.random()
    if extra < 0.3:
        drop = rng.uniform(0.08, 0.2)
        parts += [box((width, drop, 0.02), (0.0, height - drop / 2, j * depth / 2)) for j in (-1, 1)]
        parts += [box((0.02, drop, depth), (i * width / 2, height - drop / 2, 0.0)) for i in (-1, 1)]
    elif extra < 0.5:
        parts.append(box((0.9 * width, thick, 0.9 * depth), (0.0, rng.uniform(0.2, 0.5) * height, 0.0)))
    elif extra < 0.65:
        parts.append(box((0.3 * width, 0.6 * height, 0.9 * depth), (0.33 * width, 0.65 * height, 0.0)))
    return parts


def bench(rng: np.random.Generator) -> list[Triangles]:
    """A long narrow seat of planks; a back of planks and armrests now and then."""
    width, depth, height = rng.uniform(0.8, 1.6), rng.uniform(0.3, 0.55), rng.uniform(0.25, 0.55)
    thick = rng.uniform(0.02, 0.06)
    planks = rng.integers(2, 6)
    parts = support(rng, 0.9 * width, 0.9 * depth, height)
    for z in (np.arange(planks) + 0.5) / planks * depth - depth / 2:
        parts.append(box((width, thick, rng.uniform(0.5, 0.75) * depth / planks), (0.0, height + thick / 2, z)))
    if rng.random() < 0.55:
        rise, count, lean = rng.uniform(0.25, 0.6), rng.integers(2, 5), rng.uniform(0.0, 0.35)
        hinge = (0.0, height, -depth / 2)
        back = [
            box((width, 0.6 * rise / count, thick), (0.0, height + (k + 0.6) * rise / count, -depth / 2))
            for k in range(count)
        ]
        back += [box((thick, rise, thick), (i * 0.4 * width, height + rise / 2, -depth / 2)) for i in (-1, 1)]
        parts += [turn(part, 0, -lean, hinge) for part in back]
    if rng.random() < 0.35:
        parts += _armrests(rng, width, depth, height + thick)
    return parts


def shelf(rng: np.random.Generator) -> list[Triangles]:
    """Two to six boards one above the other between sides or posts; a back and dividers now and then."""
    width, depth, height = rng.uniform(0.5, 1.5), rng.uniform(0.25, 0.6), rng.uniform(0.6, 1.6)
    thick, foot = rng.uniform(0.015, 0.05), rng.uniform(0.0, 0.15)
    levels = np.linspace(foot, height, rng.integers(3, 7))
    parts = [box((width, thick, depth), (0.0, level, 0.0)) for level in levels]
    if rng.random() < 0.6:
        parts += [box((thick, height, depth), (i * width / 2, height / 2, 0.0)) for i in (-1, 1)]
    else:
        parts += [box((thick, height, thick), (i * width / 2, height / 2, j * depth / 2)) for i, j in CORNERS]
    if rng.random() < 0.4:
        parts.append(box((width, height, thick / 2), (0.0, height / 2, -depth / 2)))
    for low, high in pairwise(levels):
        if rng.random() < 0.3:
            parts.append(box((thick, high - low, depth), (rng.uniform(-0.4, 0.4) * width, (low + high) / 2, 0.0)))
    return parts


def bed(rng: np.random.Generator) -> list[Triangles]:
    """A mattress on a low frame with a headboard; a footboard, pillows or a canopy now and then."""
    width, depth, height = rng.uniform(0.7, 1.5), rng.uniform(1.0, 1.7), rng.uniform(0.12, 0.45)
    mattress = rng.uniform(0.1, 0.3)
    parts = [box((width, mattress, depth), (0.0, height + mattress / 2, 0.0))]
    parts += straight_legs(rng, width, depth, height)
    rise = rng.uniform(0.3, 0.9)
    top = height + rise
    if rng.random() < 0.5:
        parts.append(box((width, top, rng.uniform(0.03, 0.1)), (0.0, top / 2, -depth / 2)))
    else:
        bars = np.linspace(-0.48, 0.48, rng.integers(4, 9)) * width
        parts += [rod((x, height, -depth / 2), (x, top, -depth / 2), 0.02) for x in bars]
        parts.append(rod((-width / 2, top, -depth / 2), (width / 2, top, -depth / 2), 0.03))
    if rng.random() < 0.5:
        foot = height + rise * rng.uniform(0.3, 0.9)
        parts.append(box((width, foot, 0.05), (0.0, foot / 2, depth / 2)))
    for x in {1: (0.0,), 2: (-0.24, 0.24)}.get(int(rng.integers(3)), ()):
        pillow = (0.2 * width, 0.07, 0.12 * depth)
        parts.append(ellipsoid(pillow, (x * width, height + mattress + 0.04, -0.36 * depth)))
    if rng.random() < 0.15:
        parts.append(box((width, 0.1, depth), (0.0, top + 0.3, 0.0)))
        parts += [
            rod((i * width / 2, 0.0, j * depth / 2), (i * width / 2, top + 0.3, j * depth / 2), 0.03)
            for i, j in CORNERS
        ]
    return parts


def _seat(rng: np.random.Generator, width: float, depth: float, thick: float, height: float) -> Triangles:
    """A square, round or cushioned seat with its underside at ``height``."""
    style = rng.integers(3)
    if style == 0:
        return box((width, thick, depth), (0.0, height + thick / 2, 0.0))
    if style == 1:
        return frustum(0.5, 0.5, thick, (0.0, height, 0.0)) * (width, 1.0, depth)
    return ellipsoid((0.55 * width, 0.7 * thick, 0.55 * depth), (0.0, height + thick / 2, 0.0))


def _back(rng: np.random.Generator, width: float, rise: float, hinge: tuple[float, float, float]) -> list[Triangles]:
    """A back of height ``rise``: solid, of upright bars, of rungs, or a bent hoop."""
    _, y, z = hinge
    thick = rng.uniform(0.02, 0.06)
    posts = [box((thick, rise, thick), (i * (width - thick) / 2, y + rise / 2, z)) for i in (-1, 1)]
    style = rng.integers(4)
    if style == 0:
        share = rng.uniform(0.5, 1.0)
        return [box((width, share * rise, thick), (0.0, y + (1 - share / 2) * rise, z)), *posts]
    if style == 1:
        bars = np.linspace(-0.4, 0.4, rng.integers(2, 7)) * width
        top = box((width, rng.uniform(0.05, 0.15), thick), (0.0, y + rise, z))
        return [*posts, top, *(box((thick / 2, rise, thick / 2), (x, y + rise / 2, z)) for x in bars)]
    if style == 2:
        rungs = y + np.linspace(0.3, 0.95, rng.integers(2, 5)) * rise
        return [*posts, *(box((width, 0.08, thick / 2), (0.0, level, z)) for level in rungs)]
    angle = np.linspace(0.0, np.pi, 13)
    hoop = np.stack([np.cos(angle) * width / 2, y + np.sin(angle) * rise, np.full_like(angle, z)], axis=1)  # (13, 3)
    return [tube(hoop, thick / 2), box((0.4 * width, 0.9 * rise, thick / 2), (0.0, y + 0.45 * rise, z))]


def _armrests(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """An armrest on either side of a seat at ``height``."""
    rise, thick = rng.uniform(0.12, 0.3), rng.uniform(0.03, 0.08)
    x = width / 2
    if rng.random() < 0.4:
        return [box((thick, rise, depth), (i * x, height + rise / 2, 0.0)) for i in (-1, 1)]
    rests = [box((thick, 0.03, depth), (i * x, height + rise, 0.0)) for i in (-1, 1)]
    return rests + [rod((i * x, height, 0.4 * depth), (i * x, height + rise, 0.4 * depth), thick / 3) for i in (-1, 1)]
