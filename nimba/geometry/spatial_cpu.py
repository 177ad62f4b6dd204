"""An order of a cloud's points that keeps neighbours together, however they are spread: compiled, for trees.

A cloud is cut into the cells of a small grid, along a Hilbert curve; each cell that still holds many points is cut
again, by a grid of its own size. The grid lies over most of the points, not over all, and the few outside follow as a
cell of their own. So outliers, and clumps however small or far apart, cost a few cuts more: one grid over the whole box
would leave everything else in a single cell.

What is built on this order (see ``tree_cpu``) gives the same answers on any order of the points: it decides only how
soon.
"""

import functools

import numpy as np
import torch

from nimba.geometry.codes import hilbert
from nimba.runtime.kernels import helper, kernel, kernel_threads, share

DEEPEST = 4  # bits a side of one grid: the counters of its 4096 cells stay in the nearest caches
CELLS = 1 << 3 * DEEPEST
SHARED = 1 << 15  # points from which on a cell is cut before threads share the work
SAMPLE = 512  # points that tell where most of a cell's points are
BEYOND = 4  # of the sample's points, so many on each side may lie outside of the grid, with whatever lies farther


def spatial_order(points: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Order each cloud.

    Args:
        points: (B, N, 3) float32 or float64, finite, C-contiguous; N below 2^31.
        most: points that may stay in one cell, as they come.

    Returns:
        numbers (B, N) int32 of the points in that order, and the points (B, N, 3) in it.
    """
    batch, count, _ = points.shape
    near, numbers = points.copy(), np.empty((batch, count), np.int32)
    numbers[:] = np.arange(count, dtype=np.int32)
    flat, flat_numbers, curve = near.reshape(-1, 3), numbers.reshape(-1), _curve()
    begins = np.zeros(batch * count + 1, np.bool_)  # whether a cell begins with this point
    begins[np.arange(batch + 1) * count] = True
    shares = 8 * kernel_threads()
    fair = max(SHARED, batch * count // shares)
    if count > fair:
        _cut_cells(flat, flat_numbers, np.flatnonzero(begins), np.array([0, batch]), fair, most, curve, begins)
    cells = np.flatnonzero(begins)
    of_shares = np.searchsorted(cells, np.linspace(0, batch * count, shares + 1).astype(np.int64))
    _cut_cells(flat, flat_numbers, cells, of_shares, most, most, curve, begins)
    return numbers, near


@functools.cache
def _curve() -> np.ndarray:
    """(DEEPEST + 1, CELLS) int16: at [bits, x << 2 bits | y << bits | z], the place of a cell on the Hilbert curve."""
    places = np.zeros((DEEPEST + 1, CELLS), np.int16)
    for bits in range(1, DEEPEST + 1):
        side = torch.arange(1 << bits)
        cells = torch.stack(torch.meshgrid(side, side, side, indexing="ij"), -1).view(-1, 3)  # (8^bits, 3)
        places[bits, : len(cells)] = hilbert(cells, bits).numpy()
    return places


@kernel
def _cut_cells(team, points, numbers, cells, of_shares, stop, most, curve, begins):  # type: ignore[no-untyped-def]
    """Cut the cells of each share until none has more than ``stop`` points; ``begins`` learns where they begin."""
    for part in share(team, len(of_shares) - 1):
        largest = 0
        for cell in range(of_shares[part], of_shares[part + 1]):
            largest = max(largest, cells[cell + 1] - cells[cell])
        if largest <= stop:
            continue
        spare, spare_numbers = np.empty((largest, 3), points.dtype), np.empty(largest, np.int32)
        codes, ends = np.empty(largest, np.int16), np.empty(CELLS + 1, np.int32)
        waiting = np.empty((largest // stop + 2, 2), np.int64)
        for cell in range(of_shares[part], of_shares[part + 1]):
            waiting[0, 0], waiting[0, 1] = cells[cell], cells[cell + 1]
            depth = 0
            while depth >= 0:
                first, last = waiting[depth, 0], waiting[depth, 1]
                depth -= 1
                if last - first <= stop:
                    continue
                bits = 1
                while bits < DEEPEST and (last - first) > most << 2 * bits + 1:
                    bits += 1
                _cut(points[first:last], numbers[first:last], bits, curve[bits], codes, spare, spare_numbers, ends)
                child = first
                for code in range((1 << 3 * bits) + 1):
                    end = first + ends[code]
                    if child < end and end - child < last - first:  # else all are together, and equal
                        begins[child] = True
                        if end - child > stop:
                            depth += 1
                            waiting[depth, 0], waiting[depth, 1] = child, end
                    child = end


@helper
def _cut(points, numbers, bits, curve, codes, spare, spare_numbers, ends):  # type: ignore[no-untyped-def]
    """Sort points by the cells of a grid, 2^bits a side, and one more for those outside; ``ends``: where each ends."""
    count = len(points)
    low, high = np.empty(3, np.float64), np.empty(3, np.float64)  # of halved coordinates: no difference overflows
    side = 0.0
    for axis in range(3):
        low[axis], high[axis] = _range(points, axis)
        side = max(side, high[axis] - low[axis])
    scale = min((1 << bits) / side, 1e300) if side > 0 else 1e300
    ox, oy, oz = low[0], low[1], low[2]
    top, outside = np.float64(1 << bits), np.int16(1 << 3 * bits)
    half, last = np.float64(0.5), np.int64((1 << bits) - 1)
    for code in range((1 << 3 * bits) + 1):
        ends[code] = 0
    for i in range(count):
        x = (half * points[i, 0] - ox) * scale
        y = (half * points[i, 1] - oy) * scale
        z = (half * points[i, 2] - oz) * scale
        cell = outside
        if min(x, y, z) >= 0 and max(x, y, z) <= top:
            i_x, i_y, i_z = min(np.int64(x), last), min(np.int64(y), last), min(np.int64(z), last)
            cell = curve[i_x << 2 * bits | i_y << bits | i_z]
        codes[i] = cell
        ends[cell] += 1
    total = 0
    for code in range((1 << 3 * bits) + 1):
        total, ends[code] = total + ends[code], total
    for i in range(count):
        place = ends[codes[i]]
        ends[codes[i]] = place + 1
        spare[place, 0], spare[place, 1], spare[place, 2] = points[i, 0], points[i, 1], points[i, 2]
        spare_numbers[place] = numbers[i]
    for i in range(count):
        points[i, 0], points[i, 1], points[i, 2] = spare[i, 0], spare[i, 1], spare[i, 2]
        numbers[i] = spare_numbers[i]


@helper
def _range(points, axis):  # type: ignore[no-untyped-def]
    """Between which halved coordinates a grid is laid: of few points all, of many those of most, and some way on."""
    count = len(points)
    half = np.float64(0.5)
    if count < 4 * SAMPLE:
        least = greatest = points[0, axis]
        for i in range(1, count):
            least, greatest = min(least, points[i, axis]), max(greatest, points[i, axis])
        return half * least, half * greatest
    lowest, highest = np.empty(BEYOND + 1, np.float64), np.empty(BEYOND + 1, np.float64)  # sorted, the outermost first
    for place in range(BEYOND + 1):
        lowest[place], highest[place] = np.inf, -np.inf
    for i in range(0, SAMPLE):
        value = half * points[i * (count // SAMPLE), axis]
        for place in range(BEYOND + 1):
            if value < lowest[place]:
                value, lowest[place] = lowest[place], value
        value = half * points[i * (count // SAMPLE), axis]
        for place in range(BEYOND + 1):
            if value > highest[place]:
                value, highest[place] = highest[place], value
    margin = (highest[BEYOND] - lowest[BEYOND]) / 16
    return lowest[BEYOND] - margin, highest[BEYOND] + margin
