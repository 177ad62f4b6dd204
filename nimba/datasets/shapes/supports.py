"""What furniture stands on: the same legs under chairs, stools, tables, benches and beds."""

import numpy as np

from nimba.datasets.shapes.primitives import Triangles, box, frustum, move, revolve, rod, tube

CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def straight_legs(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """Four square legs under the corners, with stretchers now and then."""
    thick = rng.uniform(0.03, 0.09)
    x, z = width / 2 - thick / 2, depth / 2 - thick / 2
    parts = [box((thick, height, thick), (i * x, height / 2, j * z)) for i, j in CORNERS]
    if rng.random() < 0.4:
        level = rng.uniform(0.15, 0.5) * height
        parts += [box((thick / 2, thick / 2, depth - thick), (i * x, level, 0.0)) for i in (-1, 1)]
    return parts


def splayed_legs(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """Three to five tapered legs that lean outwards."""
    count = rng.integers(3, 6)
    thick, spread = rng.uniform(0.02, 0.05), rng.uniform(0.9, 1.25)
    angle = np.pi / 4 + 2 * np.pi * np.arange(count) / count
    x, z = np.cos(angle) * width * 0.6, np.sin(angle) * depth * 0.6
    inset = rng.uniform(0.4, 0.75)
    return [
        rod((inset * a, height, inset * b), (spread * a, 0.0, spread * b), thick, thick / 2)
        for a, b in zip(x, z, strict=True)
    ]


def turned_legs(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """Four legs turned on a lathe."""
    heights = np.linspace(0.0, height, 7)
    radii = rng.uniform(0.02, 0.055, size=7)
    x, z = width / 2 - 0.06, depth / 2 - 0.06
    return [revolve(np.stack([radii, heights], axis=1), (i * x, 0.0, j * z)) for i, j in CORNERS]


def pedestal(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """One column on a plate or on a star of feet."""
    parts = [frustum(rng.uniform(0.03, 0.09), rng.uniform(0.03, 0.09), height)]
    reach = rng.uniform(0.3, 0.5) * min(width, depth)
    if rng.random() < 0.5:
        return [*parts, frustum(reach, reach * rng.uniform(0.5, 1.0), rng.uniform(0.02, 0.08))]
    count = rng.integers(3, 6)
    angle = 2 * np.pi * (np.arange(count) + rng.random()) / count
    hub = rng.uniform(0.05, 0.2) * height
    return [*parts, *(rod((0.0, hub, 0.0), (reach * np.cos(a), 0.0, reach * np.sin(a)), 0.04, 0.02) for a in angle)]


def sled(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """A bent tube on either side that runs along the floor."""
    thick = rng.uniform(0.015, 0.035)
    z, lean = depth / 2, rng.uniform(-0.05, 0.1)
    path = np.array([(0, height, -z + lean), (0, thick, -z), (0, thick, z), (0, height, z - lean)])
    x = width / 2 - thick
    return [move(tube(path, thick), (i * x, 0.0, 0.0)) for i in (-1, 1)]


def panels(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """A board at either end, and a rail between them now and then."""
    thick = rng.uniform(0.03, 0.1)
    x = (width / 2 - thick) * rng.uniform(0.6, 1.0)
    parts = [box((thick, height, depth * rng.uniform(0.7, 1.0)), (i * x, height / 2, 0.0)) for i in (-1, 1)]
    if rng.random() < 0.5:
        parts.append(box((2 * x, rng.uniform(0.05, 0.25) * height, thick), (0.0, rng.uniform(0.4, 0.8) * height, 0.0)))
    return parts


STYLES = (straight_legs, splayed_legs, turned_legs, pedestal, sled, panels)


def support(rng: np.random.Generator, width: float, depth: float, height: float) -> list[Triangles]:
    """A support of any style under a top of ``width`` by ``depth`` at ``height``."""
    return STYLES[rng.integers(len(STYLES))](rng, width, depth, height)
