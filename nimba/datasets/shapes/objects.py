"""Household things, plants and vehicles: each function draws one specimen of its class, y up."""

import numpy as np

from nimba.datasets.shapes.primitives import (
    Triangles,
    box,
    ellipsoid,
    frustum,
    move,
    plate,
    revolve,
    rod,
    torus,
    tube,
    turn,
    wedge,
)
from nimba.datasets.shapes.supports import pedestal


def lamp(rng: np.random.Generator) -> list[Triangles]:
    """A base, a pole, straight or bent, and an open shade."""
    height, reach = rng.uniform(0.4, 1.4), rng.uniform(0.1, 0.25)
    radius = rng.uniform(0.15, 0.45)
    shade = _shade(rng, radius, rng.uniform(0.2, 0.5))
    style = rng.integers(3)
    if style == 0:
        return [*pedestal(rng, 3 * reach, 3 * reach, height), move(shade, (0.0, 0.9 * height, 0.0))]
    base = frustum(reach, reach * rng.uniform(0.4, 1.0), rng.uniform(0.02, 0.12))
    if style == 1:
        heights = np.linspace(0.0, height, 6)
        body = np.stack([rng.uniform(0.03, 0.25, size=6), heights], axis=1)  # (6, 2)
        return [base, revolve(body), move(shade, (0.0, height, 0.0))]
    angle = np.linspace(np.pi, rng.uniform(0.1, 0.5) * np.pi, 10)
    bend = rng.uniform(0.2, 0.5)
    arc = np.stack([bend * (1 + np.cos(angle)), height + bend * np.sin(angle), 0 * angle], axis=1)  # (10, 3)
    path = np.concatenate([np.zeros((1, 3)), arc])  # (11, 3)
    return [base, tube(path, 0.02), move(turn(shade, 2, rng.uniform(-0.6, 0.2)), path[-1] - np.array([0.0, 0.2, 0.0]))]


def _shade(rng: np.random.Generator, radius: float, height: float) -> Triangles:
    if rng.random() < 0.3:
        latitude = np.linspace(0.05, np.pi / 2, 7)
        dome = np.stack([radius * np.cos(latitude), height * np.sin(latitude)], axis=1)  # (7, 2)
        return revolve(dome, capped=False)
    return frustum(radius, radius * rng.uniform(0.3, 1.0), height, capped=False)


def mug(rng: np.random.Generator) -> list[Triangles]:
    """An open cup with an inner wall and a handle at a random side."""
    radius, height, wall = rng.uniform(0.3, 0.5), rng.uniform(0.5, 1.4), rng.uniform(0.02, 0.06)
    level = np.linspace(0.0, 1.0, 8)
    flare, belly = rng.uniform(-0.3, 0.4), rng.uniform(-0.15, 0.25)
    outer = radius * (1 + flare * (level - 0.5) + belly * np.sin(np.pi * level))  # (8,)
    outside = np.stack([outer, height * level], axis=1)  # (8, 2)
    inside = np.stack([outer - wall, wall + (height - wall) * level], axis=1)[::-1]  # (8, 2)
    parts = [revolve(np.concatenate([outside, inside]))]
    parts.append(turn(_handle(rng, float(outer.mean()), height), 1, rng.uniform(0.0, 2 * np.pi)))
    if rng.random() < 0.25:
        parts.append(frustum(1.4 * radius, 1.7 * radius, 0.08))
    return parts


def _handle(rng: np.random.Generator, radius: float, height: float) -> Triangles:
    low, high, reach = rng.uniform(0.1, 0.35), rng.uniform(0.6, 0.95), rng.uniform(0.2, 0.5)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 11)
    sharpness = rng.choice([0.4, 1.0])  # an ear or nearly a rectangle
    x = radius * 0.95 + reach * np.cos(angle) ** sharpness
    y = height * ((low + high) / 2 + (high - low) / 2 * np.sin(angle))
    return tube(np.stack([x, y, 0 * angle], axis=1), rng.uniform(0.03, 0.07))


def bottle(rng: np.random.Generator) -> list[Triangles]:
    """A closed body that narrows to a neck; a cap, a square body or a handle now and then."""
    radius, height = rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.2)
    neck, rise = radius * rng.uniform(0.2, 0.6), rng.uniform(0.15, 0.7)
    shoulder = rng.uniform(0.1, 0.5)
    level = np.linspace(0.0, 1.0, 7)
    body = np.stack([np.full(7, radius), height * level], axis=1)  # (7, 2)
    body[:, 0] *= 1 + rng.uniform(-0.3, 0.3) * (level - 1) + rng.uniform(-0.2, 0.2) * np.sin(np.pi * level)
    ease = (1 - np.cos(np.pi * level[1:])) / 2
    slope = np.stack([radius + (neck - radius) * ease, height + shoulder * level[1:]], axis=1)  # (6, 2)
    top = height + shoulder + rise
    parts = [revolve(np.concatenate([body, slope, [[neck, top]]]))]
    if rng.random() < 0.5:
        parts.append(frustum(1.3 * neck, 1.3 * neck, rng.uniform(0.06, 0.2), (0.0, top - 0.05, 0.0)))
    else:
        parts.append(torus(neck, 0.04, (0.0, top, 0.0)))
    if rng.random() < 0.3:
        parts.append(turn(_handle(rng, radius, height), 1, rng.uniform(0.0, 2 * np.pi)))
    return parts


def plant(rng: np.random.Generator) -> list[Triangles]:
    """A pot with leaves that fan out, a little tree, or a cactus."""
    pot, tall = rng.uniform(0.15, 0.4), rng.uniform(0.2, 0.6)
    profile = np.array([[pot * rng.uniform(0.5, 1.0), 0.0], [pot, tall], [0.9 * pot, tall], [0.85 * pot, 0.9 * tall]])
    parts = [revolve(profile)]
    style = rng.integers(3)
    if style == 0:
        for angle in rng.uniform(0.0, 2 * np.pi, size=rng.integers(5, 14)):
            parts.append(turn(_leaf(rng, tall), 1, angle))
        return parts
    trunk = rng.uniform(0.1, 0.7)
    crown, thick = rng.uniform(0.2, 0.5), rng.uniform(0.02, 0.05)
    if style == 1:
        parts.append(rod((0.0, tall * 0.9, 0.0), (0.0, tall + trunk + crown, 0.0), thick))
        if rng.random() < 0.4:
            return [*parts, frustum(crown, 0.02, 2.5 * crown, (0.0, tall + trunk, 0.0))]
        blobs = rng.integers(1, 6)
        offsets = rng.normal((0.0, tall + trunk + crown, 0.0), 0.5 * crown if blobs > 1 else 0.0, size=(blobs, 3))
        return parts + [ellipsoid(crown * rng.uniform(0.5, 1.0, size=3), offset) for offset in offsets]
    stem = 0.3 * pot + 0.05
    parts.append(ellipsoid((stem, 0.5 * trunk + 0.3, stem), (0.0, tall + 0.5 * trunk + 0.2, 0.0)))
    for angle in rng.uniform(0.0, 2 * np.pi, size=rng.integers(1, 4)):
        y, reach, rise = tall + rng.uniform(0.2, 0.8) * trunk, stem + rng.uniform(0.1, 0.25), rng.uniform(0.15, 0.4)
        arm = np.array([(0.0, y, 0.0), (reach, y, 0.0), (reach + 0.03, y + 0.05, 0.0), (reach + 0.03, y + rise, 0.0)])
        parts.append(turn(tube(arm, 0.5 * stem), 1, angle))
    return parts


def _leaf(rng: np.random.Generator, foot: float) -> Triangles:
    """A long flat leaf that rises and bends over."""
    length, rise, droop = rng.uniform(0.3, 0.8), rng.uniform(0.2, 1.1), rng.uniform(0.0, 0.7)
    along = np.linspace(0.0, 1.0, 9)
    half = rng.uniform(0.04, 0.14) * np.sin(np.pi * (0.08 + 0.9 * along))  # (9,)
    x, y = length * along, foot + rise * along - droop * along**2
    ring = np.stack([x, y, -half], axis=1), np.stack([x, y + 0.01, half], axis=1)
    return _ribbon(*ring)


def _ribbon(left: np.ndarray, right: np.ndarray) -> Triangles:
    """The strip between two lines (S, 3)."""
    lower = np.stack([left[:-1], right[:-1], left[1:]], axis=1)  # (S - 1, 3, 3)
    upper = np.stack([left[1:], right[:-1], right[1:]], axis=1)  # (S - 1, 3, 3)
    return np.concatenate([lower, upper])


def airplane(rng: np.random.Generator) -> list[Triangles]:
    """A fuselage with swept wings, a fin and a tailplane; engines, a second wing or floats now and then."""
    length, radius = rng.uniform(0.9, 1.8), rng.uniform(0.07, 0.25)
    along = np.linspace(0.0, 1.0, 10)
    girth = radius * np.minimum(1.0, np.minimum(6 * along + 0.15, 2.5 * (1 - along) + 0.1))  # nose to tail
    spine = np.stack([0 * along, 0 * along, length * (0.5 - along)], axis=1)  # (10, 3)
    parts = [tube(spine, girth)]
    span, chord = rng.uniform(0.35, 1.1), rng.uniform(0.15, 0.45)
    sweep, level = rng.uniform(-0.05, 0.5), rng.uniform(-0.8, 0.8) * radius
    front = rng.uniform(0.0, 0.25) * length
    decks = (level, level + 2.2 * radius) if rng.random() < 0.15 else (level,)
    for y in decks:
        parts += [_wing(i * span, chord, chord * 0.5, sweep, (0.0, y, front)) for i in (-1, 1)]
    tail = -0.5 * length + 0.15
    rise = rng.uniform(0.15, 0.4)
    fin = np.array([(0, 0, 0.12), (0, rise, -0.08), (0, rise, -0.18), (0, 0, -0.12)])  # (4, 3)
    parts.append(move(plate(fin, (0.02, 0.0, 0.0)), (0.0, 0.0, tail)))
    high = rise if rng.random() < 0.3 else 0.0
    parts += [_wing(i * 0.35 * span, 0.18, 0.1, 0.3 * sweep, (0.0, high, tail)) for i in (-1, 1)]
    if rng.random() < 0.7:
        for x in rng.uniform(0.25, 0.6, size=rng.integers(1, 3)) * span:
            z = front - sweep * x / span + 0.1
            parts += [rod((i * x, level - 0.06, z), (i * x, level - 0.06, z - 0.3), 0.05, 0.04) for i in (-1, 1)]
    return parts


def _wing(span: float, chord: float, tip: float, sweep: float, root: tuple[float, float, float]) -> Triangles:
    outline = np.array(
        [(0, 0, chord / 2), (span, 0, tip / 2 - sweep), (span, 0, -tip / 2 - sweep), (0, 0, -chord / 2)]
    )  # (4, 3)
    return move(plate(outline, (0.0, 0.025, 0.0)), root)


def car(rng: np.random.Generator) -> list[Triangles]:
    """A body on four wheels or six with a cabin: a sedan, a van, a pick-up or a lorry with a load."""
    width, height, length = rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.4), rng.uniform(1.0, 1.8)
    wheel, lift = rng.uniform(0.1, 0.22), rng.uniform(0.0, 0.15)
    floor = wheel + lift - 0.05
    parts = [
        wedge((width, length), (width * rng.uniform(0.85, 1.0), length * rng.uniform(0.9, 1.0)), height, (0, floor, 0))
    ]
    roof, share = rng.uniform(0.2, 0.55), rng.uniform(0.25, 0.8)
    cabin = share * length
    place = rng.uniform(-0.5, 0.5) * (length - cabin)
    slope = rng.uniform(0.5, 1.0)
    parts.append(
        wedge(
            (0.95 * width, cabin),
            (0.8 * width, slope * cabin),
            roof,
            (0, floor + height, place),
            rng.uniform(-0.1, 0.1),
        )
    )
    if share < 0.45 and rng.random() < 0.6:
        load = 0.9 * (length / 2 + abs(place) - cabin / 2)
        centre = -np.sign(place) * (length / 2 - load / 2)
        tall = rng.uniform(0.2, 0.8)
        parts.append(box((width, tall, load), (0.0, floor + height + tall / 2, centre)))
    thick = rng.uniform(0.06, 0.15)
    for z in np.linspace(-0.34, 0.34, rng.choice([2, 2, 3])) * length:
        parts += [rod((i * width / 2, wheel, z), (i * (width / 2 - thick), wheel, z), wheel) for i in (-1, 1)]
    return parts
