"""Compiled layers over points.

Partial sums are over fixed blocks and are added in a fixed order: deterministic for any number of threads.
"""

import numpy as np

from nimba.runtime.kernels import kernel, share

BLOCK = 64  # patches of a partial sum
_FAST = {"contract", "reassoc", "nsz"}
_ZERO = np.float32(0)


def max_forward(x, highest, winner):  # type: ignore[no-untyped-def]
    """(P, K, C) -> into highest (P, C), the maximum over K, and winner (P, C) int16, the first point that has it."""
    _max(x, highest, winner)


def max_backward(grad, winner, points):  # type: ignore[no-untyped-def]
    """Gradient (P, C) to the winners -> (P, K, C)."""
    dx = np.empty((len(grad), points, grad.shape[1]), grad.dtype)
    _scatter(grad, winner, dx)
    return dx


def statistics(x, shared):  # type: ignore[no-untyped-def]
    """Mean and biased variance (C,) of the rows x (P, K, C) + shared (P, C); blocks merge as in Chan et al. (1979)."""
    blocks = -(-len(x) // BLOCK)
    middles, spreads = np.empty((2, blocks, x.shape[2]), np.float64)
    _block_statistics(x, shared, middles, spreads)
    counts = np.minimum(len(x) - BLOCK * np.arange(blocks), BLOCK)[:, None] * x.shape[1]
    mean = (middles * counts).sum(0) / counts.sum()
    variance = (spreads + counts * (middles - mean) ** 2).sum(0) / counts.sum()
    return mean.astype(x.dtype), variance.astype(x.dtype)


def activate(x, shared, factor, offset):  # type: ignore[no-untyped-def]
    """ReLU((x + shared) factor + offset): (P, K, C)."""
    y = np.empty_like(x)
    _activate(x, shared, factor, offset, y)
    return y


@kernel
def _max(team, x, highest, winner):  # type: ignore[no-untyped-def]
    for p in share(team, len(x)):
        top, who = highest[p], winner[p]
        for c in range(x.shape[2]):
            top[c] = x[p, 0, c]
            who[c] = 0
        for k in range(1, x.shape[1]):
            row = x[p, k]
            for c in range(x.shape[2]):
                better = row[c] > top[c]
                top[c] = row[c] if better else top[c]
                who[c] = np.int16(k) if better else who[c]


@kernel
def _scatter(team, grad, winner, dx):  # type: ignore[no-untyped-def]
    for p in share(team, len(grad)):
        dx[p] = 0
        for c in range(grad.shape[1]):
            dx[p, winner[p, c], c] = grad[p, c]


@kernel(fastmath=_FAST)
def _block_statistics(team, x, shared, middles, spreads):  # type: ignore[no-untyped-def]
    channels = x.shape[2]
    for block in share(team, len(middles)):
        last = min((block + 1) * BLOCK, len(x))
        count = np.float32((last - block * BLOCK) * x.shape[1])
        middle, spread = np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)
        for p in range(block * BLOCK, last):
            base = shared[p]
            for k in range(x.shape[1]):
                row = x[p, k]
                for c in range(channels):
                    middle[c] += row[c] + base[c]
        for c in range(channels):
            middle[c] /= count
        for p in range(block * BLOCK, last):
            base = shared[p]
            for k in range(x.shape[1]):
                row = x[p, k]
                for c in range(channels):
                    away = row[c] + base[c] - middle[c]
                    spread[c] += away * away
        for c in range(channels):
            middles[block, c], spreads[block, c] = middle[c], spread[c]


@kernel(fastmath=_FAST)
def _activate(team, x, shared, factor, offset, y):  # type: ignore[no-untyped-def]
    for p in share(team, len(x)):
        base = shared[p]
        for k in range(x.shape[1]):
            row, to = x[p, k], y[p, k]
            for c in range(x.shape[2]):
                to[c] = max((row[c] + base[c]) * factor[c] + offset[c], _ZERO)
