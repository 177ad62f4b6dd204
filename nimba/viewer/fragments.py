"""Where the rays of a picture meet balls and tubes: in closed form, each shape only with the rays near it.

No triangles: an outline is as round as the rays are fine, and a ball costs the rays that it covers. All lengths are in
the camera's frame: right, up and forward from the eye, a ray (a, b, 1) for each place of the picture, so that the
length along a ray is the depth.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nimba.viewer.camera import Camera
from nimba.viewer.shapes import Balls, Shape, Tubes

PIECE = 1 << 16  # fragments at a time: they stay in the cache, and the memory is bounded
SLANT = 1.1  # what is off the middle of a picture in perspective looks that much larger, at most


class Fragments(NamedTuple):
    """Where F rays meet shapes."""

    rays: np.ndarray  # (F,) int64, into the flat picture
    depth: np.ndarray  # (F,) along the view
    normals: np.ndarray  # (F, 3) of length 1, in the camera's frame
    owners: np.ndarray  # (F,) int64, which ball or tube
    along: np.ndarray  # (F,) from a tube's start to its end: 0 to 1

    def at(self, keep: np.ndarray) -> "Fragments":
        """Some of them, by a mask or by their numbers."""
        return Fragments(*(array[keep] for array in self))


def fragments(shape: Shape, camera: Camera, size: tuple[int, int]) -> Iterator[Fragments]:
    """All places where the rays of a picture of ``size`` (width, height) meet a shape, in pieces.

    Of a ball, the near side; of a tube, which is open, both.
    """
    return _of_balls(shape, camera, size) if isinstance(shape, Balls) else _of_tubes(shape, camera, size)


def _of_balls(balls: Balls, camera: Camera, size: tuple[int, int]) -> Iterator[Fragments]:
    if not len(balls.centres):
        return
    width, height = size
    centres = camera.frame(balls.centres)  # (N, 3)
    across, down = camera.slopes(size)  # (width,), (height,)
    places = np.floor(camera.project(balls.centres, size)).astype(np.int64)  # (N, 2) column and row
    reach = _reach(centres, balls.radius, camera, size)
    grid = np.arange(-reach, reach + 1)
    columns, rows = (side.ravel() for side in np.meshgrid(grid, grid))
    disc = np.hypot(columns, rows) <= reach
    columns, rows = columns[disc], rows[disc]  # (K,) the rays around the one through the middle
    order = np.argsort(centres[:, 2], kind="stable")  # the nearest first: most of what is behind them is never coloured
    step = max(PIECE // len(columns), 1)
    for first in range(0, len(order), step):
        some = order[first : first + step]
        column = places[some, :1] + columns  # (n, K)
        row = places[some, 1:] + rows
        a = across[np.clip(column, 0, width - 1)]
        b = down[np.clip(row, 0, height - 1)]
        x, y, z = (centres[some, axis, None].astype(np.float32) for axis in range(3))
        square = a * a + b * b + 1
        middle = (a * x + b * y + z) / square  # where the ray is nearest to the centre
        left = balls.radius**2 - ((x - middle * a) ** 2 + (y - middle * b) ** 2 + (z - middle) ** 2)
        keep = (left > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        own, _ = keep.nonzero()
        a, b = a[keep], b[keep]
        depth = middle[keep] - np.sqrt(left[keep] / square[keep])
        hit = np.stack([depth * a, depth * b, depth], 1)
        normals = (hit - centres[some[own]].astype(np.float32)) / np.float32(balls.radius)
        yield Fragments(row[keep] * width + column[keep], depth, normals, some[own], np.zeros(len(own), np.float32))


def _of_tubes(tubes: Tubes, camera: Camera, size: tuple[int, int]) -> Iterator[Fragments]:
    width = size[0]
    starts, ends = camera.frame(tubes.starts), camera.frame(tubes.ends)  # (M, 3)
    lengths = np.linalg.norm(ends - starts, axis=1)
    (whole,) = (lengths > 0).nonzero()  # what has no length has no side
    if not len(whole):
        return
    axes = (ends - starts) / np.maximum(lengths, 1e-300)[:, None]
    across, down = (slopes.astype(np.float64) for slopes in camera.slopes(size))
    reach = _reach(np.concatenate([starts, ends]), tubes.radius, camera, size)
    owners, column, row = _strips(
        camera.project(tubes.starts, size), camera.project(tubes.ends, size), whole, reach, size
    )
    for first in range(0, len(owners), PIECE):
        part = slice(first, first + PIECE)
        own, rays = owners[part], row[part] * width + column[part]
        a, b = across[column[part]], down[row[part]]
        (ax, ay, az), (x, y, z) = axes[own].T, starts[own].T
        climb, base = a * ax + b * ay + az, x * ax + y * ay + z * az
        ray = a - climb * ax, b - climb * ay, 1 - climb * az  # without what is along the tube
        offset = x - base * ax, y - base * ay, z - base * az
        square = np.maximum(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2, 1e-24)
        middle = (ray[0] * offset[0] + ray[1] * offset[1] + ray[2] * offset[2]) / square
        left = tubes.radius**2 - sum((far - middle * near) ** 2 for near, far in zip(ray, offset, strict=True))
        meet = left > 0
        own, rays, climb, base, middle = (array[meet] for array in (own, rays, climb, base, middle))
        ray = ray[0][meet], ray[1][meet], ray[2][meet]
        offset = offset[0][meet], offset[1][meet], offset[2][meet]
        half = np.sqrt(left[meet] / square[meet])
        for depth in (middle - half, middle + half):
            along = (depth * climb - base) / lengths[own]
            keep = (along >= 0) & (along <= 1)
            depth = depth[keep]
            sides = [(depth * near[keep] - far[keep]) / tubes.radius for near, far in zip(ray, offset, strict=True)]
            normals = np.stack(sides, 1).astype(np.float32)
            yield Fragments(rays[keep], depth.astype(np.float32), normals, own[keep], along[keep].astype(np.float32))


def _strips(
    starts: np.ndarray, ends: np.ndarray, which: np.ndarray, reach: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rays within ``reach`` of lines in the picture: for each its line, column and row, all (F,).

    Args:
        starts: (M, 2) of the lines, in rays, right and down.
        ends: (M, 2).
        which: the lines that count.
        reach: in rays.
        size: width and height of the picture.
    """
    owners, columns, rows = [], [], []
    lines = ends - starts
    flat = np.abs(lines[:, 0]) >= np.abs(lines[:, 1])
    for main, mine in ((0, which[flat[which]]), (1, which[~flat[which]])):  # along the columns, and along the rows
        if not len(mine):
            continue
        begin, line = starts[mine], lines[mine]
        low = np.floor(np.minimum(begin[:, main], begin[:, main] + line[:, main])).astype(np.int64) - reach
        high = np.ceil(np.maximum(begin[:, main], begin[:, main] + line[:, main])).astype(np.int64) + reach
        low, high = np.clip(low, 0, size[main]), np.clip(high, 0, size[main])
        counts = np.maximum(high - low, 0)
        of = np.repeat(np.arange(len(mine)), counts)
        places = low[of] + np.arange(len(of)) - (np.cumsum(counts) - counts)[of]  # along the main direction
        slope = line[:, 1 - main] / np.where(line[:, main] == 0, 1, line[:, main])  # -1 to 1
        middle = begin[of, 1 - main] + slope[of] * (places + 0.5 - begin[of, main])
        span = int(np.ceil(reach * np.sqrt(2)))  # a strip's width, measured on the slant
        others = np.floor(middle).astype(np.int64)[:, None] + np.arange(-span, span + 1)  # (P, S)
        far = np.abs(others + 0.5 - middle[:, None]) > reach * np.sqrt(1 + slope[of] ** 2)[:, None]
        keep = ~far & (others >= 0) & (others < size[1 - main])
        owners.append(np.broadcast_to(mine[of][:, None], keep.shape)[keep])
        pair = np.broadcast_to(places[:, None], keep.shape)[keep], others[keep]
        columns.append(pair[main])
        rows.append(pair[1 - main])
    return np.concatenate(owners), np.concatenate(columns), np.concatenate(rows)


def _reach(centres: np.ndarray, radius: float, camera: Camera, size: tuple[int, int]) -> int:
    """How many rays from its middle a shape around ``centres`` (N, 3), in the camera's frame, reaches at most."""
    pitch = max(size[0] / camera.aspect, size[1]) / (2 * camera.slope)  # rays a unit, at distance 1
    nearest = max(float(centres[:, 2].min()) - radius, radius, 1e-12)
    return int(np.ceil(SLANT * pitch * radius / nearest)) + 1
