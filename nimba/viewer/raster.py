"""From balls and tubes to pixels: a buffer of depths, filled with where the rays meet them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nimba.viewer.camera import Camera
from nimba.viewer.fragments import Fragments, fragments
from nimba.viewer.shade import hazy, lit
from nimba.viewer.shapes import Balls, Shape

SUPERSAMPLING = 2  # each way, for smooth edges
ROWS = 64  # of rays that become pixels at a time, even
RIM = 2  # half the width of a halo, in rays

Size = tuple[int, int]  # width and height, in rays or pixels


class Layer(NamedTuple):
    """What shapes look like, ray by ray."""

    colours: np.ndarray  # (height, width, 3) float32 in [0, 1]
    depth: np.ndarray  # (height, width) float32, along the view; infinite where there is nothing


class Crossings(NamedTuple):
    """Every crossing of a ray with a shape, by the time at which the shape grows to it."""

    times: np.ndarray  # (H,) ascending
    rays: np.ndarray  # (H,) int64, into the flat picture
    depth: np.ndarray  # (H,)
    colours: np.ndarray  # (H, 3)


def first_hits(shapes: list[Shape], camera: Camera, size: Size) -> Layer:
    """What each ray meets first."""
    layer = empty_layer(size)
    depth, colours = layer.depth.reshape(-1), layer.colours.reshape(-1, 3)
    for shape in shapes:
        for found in _lifted(shape, camera, size):
            nearer = found.at(found.depth < depth[found.rays])
            np.minimum.at(depth, nearer.rays, nearer.depth)
            first = nearer.at(nearer.depth == depth[nearer.rays])
            colours[first.rays] = _coloured(shape, first, camera)
    return layer


def all_hits(shapes: list[Shape], camera: Camera, size: Size) -> Crossings:
    """All that each ray meets: the picture at any time of the shapes' growth follows from it."""
    parts = [
        (_blended(_times(shape), found)[:, 0], found.rays, found.depth, _coloured(shape, found, camera))
        for shape in shapes
        for found in _lifted(shape, camera, size)
    ]
    times, rays, depth, colours = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return Crossings(times[order], rays[order], depth[order], colours[order])


def empty_layer(size: Size) -> Layer:
    """White, with nothing on it."""
    width, height = size
    return Layer(np.ones((height, width, 3), np.float32), np.full((height, width), np.inf, np.float32))


def over(front: Layer, back: np.ndarray, gap: float) -> np.ndarray:
    """A layer before a picture (height, width, 3), its strands parted by halos.

    Depth-dependent halos (Everts et al., IEEE TVCG 2009): where a strand passes before another one, a white rim parts
    them, so that the eye follows each.

    Args:
        front: the layer.
        back: behind it, in full view where the layer has nothing.
        gap: depth between two strands from which the nearer one has a rim.
    """
    nearest = _nearest_around(front.depth)
    there = np.isfinite(front.depth)
    rim = there & (nearest < front.depth - gap)
    picture = np.array(back, np.float32)  # written into: a choice for each ray would take two more of its size
    np.copyto(picture, front.colours, where=there[..., None])
    np.copyto(picture, np.float32(1), where=rim[..., None])
    return picture


def developed(front: Layer, back: np.ndarray, gap: float) -> np.ndarray:
    """The pixels (height, width, 3) uint8 of a layer before a picture, as ``over`` has it.

    Some rows at a time: pictures at the size of the rays would take a hundred megabytes each.
    """
    height = len(front.depth)
    parts = []
    for first in range(0, height, ROWS):
        top, bottom = max(first - RIM, 0), min(first + ROWS + RIM, height)
        rows = over(Layer(front.colours[top:bottom], front.depth[top:bottom]), back[top:bottom], gap)
        parts.append(pixels(rows[first - top : first - top + min(ROWS, height - first)]))
    return np.concatenate(parts)


def pixels(picture: np.ndarray) -> np.ndarray:
    """From rays (height, width, 3) to pixels, uint8."""
    return np.rint(smoothed(picture) * 255).astype(np.uint8)


def supersampled(size: Size) -> Size:
    """How many rays a picture of ``size`` pixels takes, each way."""
    return SUPERSAMPLING * size[0], SUPERSAMPLING * size[1]


def smoothed(picture: np.ndarray) -> np.ndarray:
    """From rays (height, width, 3) to pixels, each the mean of its rays."""
    each = range(SUPERSAMPLING)
    mean = sum(picture[row::SUPERSAMPLING, column::SUPERSAMPLING] for row in each for column in each)
    return np.asarray(mean) / SUPERSAMPLING**2


def _nearest_around(depth: np.ndarray) -> np.ndarray:
    """The least depth within ``RIM`` rays of each, up and down and to both sides: the window of a halo."""
    for axis in range(2):
        lines = np.moveaxis(depth, axis, 0)
        least = lines.copy()
        for shift in range(1, RIM + 1):
            np.minimum(least[shift:], lines[:-shift], out=least[shift:])
            np.minimum(least[:-shift], lines[shift:], out=least[:-shift])
        depth = np.moveaxis(least, 0, axis)
    return depth


def _lifted(shape: Shape, camera: Camera, size: Size) -> Iterator[Fragments]:
    """A shape's fragments, come forward by the lift of its finish."""
    across, down = camera.slopes(size)
    for found in fragments(shape, camera, size):
        if shape.finish.lift:
            row, column = np.divmod(found.rays, size[0])
            length = np.sqrt(1 + across[column] ** 2 + down[row] ** 2)  # of a ray, for a depth of 1
            yield found._replace(depth=found.depth - shape.finish.lift / length)
        else:
            yield found


def _coloured(shape: Shape, found: Fragments, camera: Camera) -> np.ndarray:
    """Colours (F, 3) of a shape where rays meet it."""
    colours = shape.colours if shape.colours.ndim == 1 else _blended(shape.colours, found)
    if shape.finish.lit:
        colours = lit(np.broadcast_to(colours, (len(found.rays), 3)).astype(np.float32), found.normals)
    if shape.finish.hazy:
        places = camera.frame(shape.centres if isinstance(shape, Balls) else np.concatenate(shape[:2]))[:, 2]
        reach = float(places.min()) - shape.radius, float(places.max()) + shape.radius
        colours = hazy(colours, found.depth, reach)
    return np.broadcast_to(colours, (len(found.rays), 3)).astype(np.float32)


def _times(shape: Shape) -> np.ndarray:
    """(N, 1) of balls, (M, 2, 1) of tubes."""
    count = (len(shape.centres),) if isinstance(shape, Balls) else (len(shape.starts), 2)
    return np.broadcast_to(np.asarray(shape.times, np.float64), count)[..., None]


def _blended(values: np.ndarray, found: Fragments) -> np.ndarray:
    """Values of balls (N, C), or of both ends of tubes (M, 2, C), at fragments: (F, C)."""
    own = values[found.owners]
    return own if values.ndim == 2 else own[:, 0] + found.along[:, None] * (own[:, 1] - own[:, 0])
