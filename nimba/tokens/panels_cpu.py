"""Panels: rows of narrow layers channel by channel, for compiled kernels over small neighbourhoods.

Place k TILE + t of a panel is neighbour k of its patch t: the maximum over neighbours then is one of whole vectors. A
panel has the same number of rows always, so a row is computed alike wherever it lies.
"""

import numpy as np

from nimba.runtime.kernels import helper

TILE = 16  # patches of a panel
_FAST = {"contract", "reassoc", "nsz"}
_ZERO = np.float32(0)


@helper
def load(x, first, panel):  # type: ignore[no-untyped-def]
    """Patches from ``first`` on, as a panel (D, K TILE); beyond the last there are zeros."""
    points = x.shape[1]
    count = min(TILE, len(x) - first)
    if count < TILE:
        panel[:] = 0
    for t in range(count):
        for k in range(points):
            for d in range(x.shape[2]):
                panel[d, k * TILE + t] = x[first + t, k, d]


@helper(fastmath=_FAST)
def linear(weight, bias, h, out):  # type: ignore[no-untyped-def]
    """weight (O, C) times a panel h (C, R) + bias, into out (O, R)."""
    channels = len(h)
    for o in range(len(weight)):
        to = out[o]
        to[:] = bias[o]
        c = 0
        while c + 4 <= channels:
            w0, w1, w2, w3 = weight[o, c], weight[o, c + 1], weight[o, c + 2], weight[o, c + 3]
            h0, h1, h2, h3 = h[c], h[c + 1], h[c + 2], h[c + 3]
            for r in range(len(to)):
                to[r] += w0 * h0[r] + w1 * h1[r] + w2 * h2[r] + w3 * h3[r]
            c += 4
        while c < channels:
            w0, h0 = weight[o, c], h[c]
            for r in range(len(to)):
                to[r] += w0 * h0[r]
            c += 1


@helper(fastmath=_FAST)
def rectify(panel):  # type: ignore[no-untyped-def]
    """ReLU, in place."""
    for c in range(len(panel)):
        row = panel[c]
        for r in range(len(row)):
            row[r] = max(row[r], _ZERO)


@helper(fastmath=_FAST)
def dot(one, other):  # type: ignore[no-untyped-def]
    """Sum of products along two rows of panels."""
    total = _ZERO
    for r in range(len(one)):
        total += one[r] * other[r]
    return total


@helper(fastmath=_FAST)
def activate(x, first, lift, lift_bias, mix, mix_bias, near, lifted, mixed):  # type: ignore[no-untyped-def]
    """The coordinates and both hidden layers of the patches from ``first`` on, as panels."""
    load(x, first, near)
    linear(lift, lift_bias, near, lifted)
    rectify(lifted)
    linear(mix, mix_bias, lifted, mixed)
    rectify(mixed)


@helper(fastmath=_FAST)
def spread(first, grad, winner, project, mixed, g):  # type: ignore[no-untyped-def]
    """The gradient before the second ReLU, as a panel g (c2, R)."""
    g[:] = 0
    for t in range(min(TILE, len(grad) - first)):
        for o in range(len(project)):
            slope, place = grad[first + t, o], winner[first + t, o] * TILE + t
            for c in range(len(g)):
                g[c, place] += slope * project[o, c]
    for c in range(len(g)):
        to, value = g[c], mixed[c]
        for r in range(len(to)):
            to[r] *= np.float32(value[r] > _ZERO)  # a product, since a branch would not become vector code


@helper
def clear(panel, count):  # type: ignore[no-untyped-def]
    """Zero for the patches of a panel from ``count`` on."""
    for c in range(len(panel)):
        for low in range(0, panel.shape[1], TILE):
            for t in range(count, TILE):
                panel[c, low + t] = 0


@helper
def maxima(panel, first, top, who, highest, winner):  # type: ignore[no-untyped-def]
    """Maximum over neighbours of each channel of a panel, and the first neighbour that has it; top and who are room."""
    for c in range(len(panel)):
        row = panel[c]
        for t in range(TILE):
            top[t] = row[t]
            who[t] = 0
        for k in range(1, len(row) // TILE):
            base, place = k * TILE, np.int32(k)
            for t in range(TILE):
                value = row[base + t]
                # products, since branches that go either way would take several times as long
                who[t] += np.int32(value > top[t]) * (place - who[t])
                top[t] = max(top[t], value)
        for t in range(min(TILE, len(highest) - first)):
            highest[first + t, c] = top[t]
            winner[first + t, c] = who[t]
