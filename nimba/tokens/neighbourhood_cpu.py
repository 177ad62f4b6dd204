"""A small PointNet of neighbourhoods, compiled: what lies between the coordinates and the maximum is never stored.

Rows are narrow (4 to 32 channels), so a panel of them lies channel by channel, and all arithmetic runs along its rows.
Place k TILE + t of a panel is neighbour k of its patch t: the maximum over neighbours then is one of whole vectors.
A panel has the same number of rows always, so a row is computed alike wherever it lies. Partial sums are of fixed
blocks of panels and are added in a fixed order, for any number of threads.
"""

import numpy as np
from numba import njit, prange

from nimba.kernels import use_torch_threads

TILE = 16  # patches of a panel
PANELS = 16  # of a block, which has a partial sum of its own
_FAST = {"contract", "reassoc", "nsz"}
_ZERO = np.float32(0)


def blocks_of(x):  # type: ignore[no-untyped-def]
    """How many partial sums there are of patches (P, K, D)."""
    return -(-len(x) // (TILE * PANELS))


def lifted_moments(x, lift, lift_bias):  # type: ignore[no-untyped-def]
    """Mean (c1,) and mean product (c1, c1), in float64, of ReLU(lift x + bias) over all rows of x (P, K, D)."""
    use_torch_threads()
    sums = np.empty((blocks_of(x), len(lift) + 1, len(lift)), np.float64)
    _moments(x, lift, lift_bias, sums)
    whole = sums.sum(0) / (x.shape[0] * x.shape[1])
    return whole[0], whole[1:]


def forward(x, lift, lift_bias, mix, mix_bias, project):  # type: ignore[no-untyped-def]
    """max over K of project ReLU(mix ReLU(lift x + lift_bias) + mix_bias), and which has it: (P, c3) float32, uint8."""
    use_torch_threads()
    highest = np.empty((len(x), len(project)), np.float32)
    winner = np.empty(highest.shape, np.uint8)
    _forward(x, lift, lift_bias, mix, mix_bias, project, highest, winner)
    return highest, winner


def mix_gradients(x, lift, lift_bias, mix, mix_bias, project, grad, winner):  # type: ignore[no-untyped-def]
    """Sums over rows that follow from the gradient (P, c3) behind the maximum.

    Returns:
        of project (c3, c2); before the second ReLU (c2,), and times the lifted (c2, c1); all float64.
    """
    use_torch_threads()
    blocks, (c3, c2), c1 = blocks_of(x), project.shape, len(lift)
    slopes, along = np.empty((blocks, c3, c2), np.float32), np.empty((blocks, c2, c1 + 1), np.float32)
    _mix_gradients(x, lift, lift_bias, mix, mix_bias, project, grad, winner, slopes, along)
    along = along.sum(0, dtype=np.float64)
    return slopes.sum(0, dtype=np.float64), along[:, c1], along[:, :c1]


def lift_gradients(x, lift, lift_bias, mix, mix_bias, project, grad, winner, back, quadratic, constant):  # type: ignore[no-untyped-def]
    """Sums over rows of the gradient before the first ReLU: (c1,), and times the coordinates (c1, D); float64.

    The gradient behind that ReLU is back (c1, c2) times the one before the second, + quadratic (c1, c1) times the
    lifted, + constant (c1,).
    """
    use_torch_threads()
    width = x.shape[2]
    along = np.empty((blocks_of(x), len(lift), width + 1), np.float32)
    arrays = (x, lift, lift_bias, mix, mix_bias, project, grad, winner, back, quadratic, constant)
    _lift_gradients(*arrays, along)
    along = along.sum(0, dtype=np.float64)
    return along[:, width], along[:, :width]


@njit(cache=True)
def _load(x, first, panel):  # type: ignore[no-untyped-def]
    """Patches from ``first`` on, as a panel (D, K TILE); beyond the last there are zeros."""
    points = x.shape[1]
    count = min(TILE, len(x) - first)
    if count < TILE:
        panel[:] = 0
    for t in range(count):
        for k in range(points):
            for d in range(x.shape[2]):
                panel[d, k * TILE + t] = x[first + t, k, d]


@njit(cache=True, fastmath=_FAST)
def _linear(weight, bias, h, out, relu):  # type: ignore[no-untyped-def]
    """weight (O, C) times panels h (C, R) + bias, into out (O, R); two channels by four at a time."""
    channels, rows, outputs = h.shape[0], h.shape[1] // TILE, len(weight)
    floor = _ZERO if relu else np.float32(-np.inf)
    for one in range(0, outputs, 2):
        other = min(one + 1, outputs - 1)
        for block in range(rows):
            low = block * TILE
            for lane in range(TILE):
                pass
    for one in range(outputs):
        to = out[one]
        for r in range(h.shape[1]):
            to[r] = bias[one]
        c = 0
        while c + 4 <= channels:
            w0, w1, w2, w3 = weight[one, c], weight[one, c + 1], weight[one, c + 2], weight[one, c + 3]
            h0, h1, h2, h3 = h[c], h[c + 1], h[c + 2], h[c + 3]
            for r in range(h.shape[1]):
                to[r] += w0 * h0[r] + w1 * h1[r] + w2 * h2[r] + w3 * h3[r]
            c += 4
        while c < channels:
            w0, h0 = weight[one, c], h[c]
            for r in range(h.shape[1]):
                to[r] += w0 * h0[r]
            c += 1
        if relu:
            for r in range(h.shape[1]):
                to[r] = max(to[r], floor)
