"""Compiled edges and normed sums; partial sums are of fixed blocks, in a fixed order, for any number of threads."""

import numpy as np

from nimba.runtime.kernels import kernel, share

BLOCK = 1024  # rows of a partial sum
_FAST = {"contract", "reassoc", "nsz"}


def edges_forward(x, neighbours):  # type: ignore[no-untyped-def]
    """(B, M, C), (B, G, K) -> the highest edge (B, G, C), and which neighbour has it (B, G, C) uint8."""
    edges = np.empty((*neighbours.shape[:2], x.shape[2]), x.dtype)
    winner = np.empty(edges.shape, np.uint8)
    _edges(len(x), x, neighbours, edges, winner)
    return edges, winner


def edges_backward(grad, neighbours, winner, points):  # type: ignore[no-untyped-def]
    """Gradient (B, G, C) -> (B, M, C)."""
    dx = np.empty((len(grad), points, grad.shape[2]), grad.dtype)
    _edges_backward(len(grad), grad, neighbours, winner, dx)
    return dx


def moments(x):  # type: ignore[no-untyped-def]
    """Mean and biased variance (C,) of rows (R, C); blocks merge as in Chan et al. (1979)."""
    blocks = -(-len(x) // BLOCK)
    middles, spreads = np.empty((2, blocks, x.shape[1]), np.float32)
    _block_moments(blocks, x, middles, spreads)
    counts = np.minimum(len(x) - BLOCK * np.arange(blocks), BLOCK)[:, None]
    mean = (middles * counts).sum(0) / len(x)
    variance = (spreads + counts * (middles - mean) ** 2).sum(0) / len(x)
    return mean.astype(x.dtype), variance.astype(x.dtype)


def add_normed(x, h, factor, offset):  # type: ignore[no-untyped-def]
    """x + h factor + offset: rows (R, C)."""
    y = np.empty_like(x)
    _add_normed(len(x), x, h, factor, offset, y)
    return y


def normed_backward(training, grad, h, scale, mean, inverse):  # type: ignore[no-untyped-def]
    """Gradients with respect to h (R, C), scale (C,) and shift (C,) of (h - mean) inverse scale + shift."""
    blocks = -(-len(h) // BLOCK)
    sums = np.empty((2, blocks, h.shape[1]), np.float32)
    _gradient_sums(blocks, grad, h, mean, sums)
    dshift, along = sums.sum(1, dtype=np.float64)
    dscale = along * inverse
    # BatchNorm's dh = factor (g - dshift / R - hhat dscale / R), written as factor g + b h + c for each channel.
    factor = scale * inverse
    b = -factor * inverse * dscale / len(h) * training
    c = -factor * dshift / len(h) * training - b * mean
    dh = np.empty_like(h)
    _gradient_rows(len(h), grad, h, factor, b.astype(h.dtype), c.astype(h.dtype), dh)
    return dh, dscale.astype(h.dtype), dshift.astype(h.dtype)


@kernel
def _edges(team, count, x, neighbours, edges, winner):  # type: ignore[no-untyped-def]
    for b in share(team, count):
        for g in range(neighbours.shape[1]):
            top, who, near = edges[b, g], winner[b, g], neighbours[b, g]
            first, own = x[b, near[0]], x[b, g]
            for c in range(x.shape[2]):
                top[c] = first[c]
                who[c] = 0
            for k in range(1, len(near)):
                row, place = x[b, near[k]], np.uint8(k)
                for c in range(x.shape[2]):
                    better = row[c] > top[c]
                    top[c] = row[c] if better else top[c]
                    who[c] = place if better else who[c]
            for c in range(x.shape[2]):
                top[c] -= own[c]


@kernel
def _edges_backward(team, count, grad, neighbours, winner, dx):  # type: ignore[no-untyped-def]
    groups = grad.shape[1]
    for b in share(team, count):
        dx[b, groups:] = 0
        for g in range(groups):
            to, row = dx[b, g], grad[b, g]
            for c in range(grad.shape[2]):
                to[c] = -row[c]
        for g in range(groups):
            row, who, near = grad[b, g], winner[b, g], neighbours[b, g]
            for c in range(grad.shape[2]):
                dx[b, near[who[c]], c] += row[c]


@kernel(fastmath=_FAST)
def _block_moments(team, count, x, middles, spreads):  # type: ignore[no-untyped-def]
    channels = x.shape[1]
    for block in share(team, count):
        first, last = block * BLOCK, min((block + 1) * BLOCK, len(x))
        middle, spread = middles[block], spreads[block]
        middle[:] = 0
        spread[:] = 0
        for row in range(first, last):
            for c in range(channels):
                middle[c] += x[row, c]
        for c in range(channels):
            middle[c] /= last - first
        for row in range(first, last):
            for c in range(channels):
                away = x[row, c] - middle[c]
                spread[c] += away * away


@kernel(fastmath=_FAST)
def _add_normed(team, count, x, h, factor, offset, y):  # type: ignore[no-untyped-def]
    for row in share(team, count):
        for c in range(x.shape[1]):
            y[row, c] = x[row, c] + (h[row, c] * factor[c] + offset[c])


@kernel(fastmath=_FAST)
def _gradient_sums(team, count, grad, h, mean, sums):  # type: ignore[no-untyped-def]
    channels = h.shape[1]
    for block in share(team, count):
        plain, along = sums[0, block], sums[1, block]
        plain[:] = 0
        along[:] = 0
        for row in range(block * BLOCK, min((block + 1) * BLOCK, len(h))):
            for c in range(channels):
                plain[c] += grad[row, c]
                along[c] += grad[row, c] * (h[row, c] - mean[c])


@kernel(fastmath=_FAST)
def _gradient_rows(team, count, grad, h, factor, b, c, dh):  # type: ignore[no-untyped-def]
    for row in share(team, count):
        for i in range(h.shape[1]):
            dh[row, i] = factor[i] * grad[row, i] + b[i] * h[row, i] + c[i]
