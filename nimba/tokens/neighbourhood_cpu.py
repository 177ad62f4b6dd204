"""A small PointNet of neighbourhoods, compiled: what lies between the coordinates and the maximum is never stored.

Rows are narrow (4 to 32 channels), so they are read in panels, see ``panels_cpu``, and all arithmetic runs along rows.
Partial sums are of fixed blocks of panels and are added in a fixed order, for any number of threads.
"""

import numpy as np

from nimba.runtime.kernels import kernel, share
from nimba.tokens.panels_cpu import TILE, activate, clear, dot, linear, load, maxima, rectify, spread

PANELS = 16  # of a block, which has a partial sum of its own
_FAST = {"contract", "reassoc", "nsz"}
_ZERO = np.float32(0)


def blocks_of(x):  # type: ignore[no-untyped-def]
    """How many partial sums there are of patches (P, K, D)."""
    return -(-len(x) // (TILE * PANELS))


def lifted_moments(x, lift, lift_bias):  # type: ignore[no-untyped-def]
    """Mean (c1,) and mean product (c1, c1), in float64, of ReLU(lift x + bias) over all rows of x (P, K, D)."""
    sums = np.empty((blocks_of(x), len(lift) + 1, len(lift)), np.float64)
    _moments(len(sums), x, lift, lift_bias, sums)
    whole = sums.sum(0) / (x.shape[0] * x.shape[1])
    return whole[0], whole[1:]


def forward(x, lift, lift_bias, mix, mix_bias, project):  # type: ignore[no-untyped-def]
    """max over K of project ReLU(mix ReLU(lift x + lift_bias) + mix_bias), and which has it: (P, c3) float32, uint8."""
    highest = np.empty((len(x), len(project)), np.float32)
    winner = np.empty(highest.shape, np.uint8)
    _forward(blocks_of(x), x, lift, lift_bias, mix, mix_bias, project, highest, winner)
    return highest, winner


def mix_gradients(x, lift, lift_bias, mix, mix_bias, project, grad, winner):  # type: ignore[no-untyped-def]
    """Sums over rows that follow from the gradient (P, c3) behind the maximum.

    Returns:
        of project (c3, c2); before the second ReLU (c2,), and times the lifted (c2, c1); all float64.
    """
    blocks, (c3, c2), c1 = blocks_of(x), project.shape, len(lift)
    slopes, along = np.empty((blocks, c3, c2), np.float32), np.empty((blocks, c2, c1 + 1), np.float32)
    arrays = (x, lift, lift_bias, mix, mix_bias, project, grad, winner)
    _mix_gradients(blocks, *arrays, slopes, along)
    along = along.sum(0, dtype=np.float64)
    return slopes.sum(0, dtype=np.float64), along[:, c1], along[:, :c1]


def lift_gradients(x, lift, lift_bias, mix, mix_bias, project, grad, winner, back, quadratic, constant):  # type: ignore[no-untyped-def]
    """Sums over rows of the gradient before the first ReLU: (c1,), and times the coordinates (c1, D); float64.

    The gradient behind that ReLU is back (c1, c2) times the one before the second, + quadratic (c1, c1) times the
    lifted, + constant (c1,).
    """
    width = x.shape[2]
    along = np.empty((blocks_of(x), len(lift), width + 1), np.float32)
    arrays = (x, lift, lift_bias, mix, mix_bias, project, grad, winner, back, quadratic, constant)
    _lift_gradients(len(along), *arrays, along)
    along = along.sum(0, dtype=np.float64)
    return along[:, width], along[:, :width]


@kernel(fastmath=_FAST)
def _moments(team, count, x, lift, lift_bias, sums):  # type: ignore[no-untyped-def]
    rows, width = x.shape[1] * TILE, len(lift)
    for block in share(team, count):
        near, lifted = np.empty((x.shape[2], rows), np.float32), np.empty((width, rows), np.float32)
        total = sums[block]
        total[:] = 0
        for panel in range(PANELS):
            first = (block * PANELS + panel) * TILE
            if first < len(x):
                load(x, first, near)
                linear(lift, lift_bias, near, lifted)
                rectify(lifted)
                if first + TILE > len(x):
                    clear(lifted, len(x) - first)
                for i in range(width):
                    total[0, i] += lifted[i].sum()
                    for j in range(i + 1):
                        total[1 + i, j] += dot(lifted[i], lifted[j])
        for i in range(width):
            for j in range(i):
                total[1 + j, i] = total[1 + i, j]


@kernel(fastmath=_FAST)
def _forward(team, count, x, lift, lift_bias, mix, mix_bias, project, highest, winner):  # type: ignore[no-untyped-def]
    rows = x.shape[1] * TILE
    nothing = np.zeros(len(project), np.float32)
    for block in share(team, count):
        near, lifted = np.empty((x.shape[2], rows), np.float32), np.empty((len(lift), rows), np.float32)
        mixed, out = np.empty((len(mix), rows), np.float32), np.empty((len(project), rows), np.float32)
        top, who = np.empty(TILE, np.float32), np.empty(TILE, np.int32)
        for panel in range(PANELS):
            first = (block * PANELS + panel) * TILE
            if first < len(x):
                activate(x, first, lift, lift_bias, mix, mix_bias, near, lifted, mixed)
                linear(project, nothing, mixed, out)
                maxima(out, first, top, who, highest, winner)


@kernel(fastmath=_FAST)
def _mix_gradients(team, count, x, lift, lift_bias, mix, mix_bias, project, grad, winner, slopes, along):  # type: ignore[no-untyped-def]
    rows, width = x.shape[1] * TILE, len(lift)
    for block in share(team, count):
        near, lifted = np.empty((x.shape[2], rows), np.float32), np.empty((width, rows), np.float32)
        mixed, g = np.empty((len(mix), rows), np.float32), np.empty((len(mix), rows), np.float32)
        slope, sums = slopes[block], along[block]
        slope[:] = 0
        sums[:] = 0
        for panel in range(PANELS):
            first = (block * PANELS + panel) * TILE
            if first < len(x):
                activate(x, first, lift, lift_bias, mix, mix_bias, near, lifted, mixed)
                spread(first, grad, winner, project, mixed, g)
                for t in range(min(TILE, len(grad) - first)):
                    for o in range(len(project)):
                        of, place = grad[first + t, o], winner[first + t, o] * TILE + t
                        for c in range(len(mix)):
                            slope[o, c] += of * mixed[c, place]
                for c in range(len(mix)):
                    sums[c, width] += g[c].sum()
                    for i in range(width):
                        sums[c, i] += dot(g[c], lifted[i])


@kernel(fastmath=_FAST)
def _lift_gradients(  # type: ignore[no-untyped-def]
    team, count, x, lift, lift_bias, mix, mix_bias, project, grad, winner, back, quadratic, constant, along
):
    rows, width = x.shape[1] * TILE, len(lift)
    nothing = np.zeros(width, np.float32)
    for block in share(team, count):
        near, lifted = np.empty((x.shape[2], rows), np.float32), np.empty((width, rows), np.float32)
        mixed, g = np.empty((len(mix), rows), np.float32), np.empty((len(mix), rows), np.float32)
        direct, through = np.empty((width, rows), np.float32), np.empty((width, rows), np.float32)
        sums = along[block]
        sums[:] = 0
        for panel in range(PANELS):
            first = (block * PANELS + panel) * TILE
            if first < len(x):
                activate(x, first, lift, lift_bias, mix, mix_bias, near, lifted, mixed)
                spread(first, grad, winner, project, mixed, g)
                linear(back, constant, g, direct)
                linear(quadratic, nothing, lifted, through)
                for i in range(width):
                    to, other, value = direct[i], through[i], lifted[i]
                    for r in range(rows):
                        to[r] = (to[r] + other[r]) * np.float32(value[r] > _ZERO)
                if first + TILE > len(x):
                    clear(direct, len(x) - first)
                for i in range(width):
                    sums[i, x.shape[2]] += direct[i].sum()
                    for d in range(x.shape[2]):
                        sums[i, d] += dot(direct[i], near[d])
