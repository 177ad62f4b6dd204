"""Gradients of ``project_max`` compiled for the CPU, LANES channels at a time.

A row of x is read twice: once for the sums that BatchNorm's gradient needs, and once for the gradient itself. What
reaches a row from behind the maximum is computed both times, in the nearest cache: to keep it would cost more.
"""

import numpy as np

from nimba.runtime.kernels import helper, kernel, share
from nimba.runtime.lanes import LANES, fused, load, padded, scratch, spread, store, where_positive
from nimba.tokens.pointwise_cpu import BLOCK


def project_max_backward(training, grad, x, shared, scale, weight, mean, inverse, factor, offset, winner):  # type: ignore[no-untyped-def]
    """Gradients with respect to x (P, K, C), shared (P, C), scale (C,), shift (C,), weight (dim, C)."""
    true, count = x.shape[2], x.shape[0] * x.shape[1]
    x, shared, weight, mean, inverse = (padded(array) for array in (x, shared, weight, mean, inverse))
    factor, offset = padded(factor), padded(offset)
    sizes, blocks = (*x.shape, len(weight)), -(-len(x) // BLOCK)
    sums = np.empty((2, blocks, x.shape[2]), x.dtype)
    slopes = np.zeros((blocks, *weight.shape), x.dtype)
    rows = tuple(array.reshape(-1) for array in (grad, x, shared, weight, factor, offset, winner))
    _gradient_sums(*rows, mean, sums.reshape(-1), slopes.reshape(-1), *sizes)
    dshift, along = sums.sum(1, dtype=np.float64)
    dscale = along * inverse
    # BatchNorm's dx = factor (g - dshift / M - xhat dscale / M), written as factor g + b x + c for each channel.
    # The statistics are constants, and b and c zero, in evaluation.
    b = -factor * inverse * dscale / count * training
    c = -factor * dshift / count * training - b * mean
    dx, dshared = np.empty_like(x), np.empty_like(shared)
    _gradient_rows(*rows, b.astype(x.dtype), c.astype(x.dtype), dx.reshape(-1), dshared.reshape(-1), *sizes)
    of_norm = (total[:true].astype(x.dtype) for total in (dscale, dshift))
    return dx[..., :true], dshared[..., :true], *of_norm, slopes.sum(0)[:, :true]


@helper(error_model="numpy")
def _behind_maximum(grad, weight, winner, p, points, channels, width, g):  # type: ignore[no-untyped-def]
    """Gradient (K, C) of what is projected, of patch p, into g; only the points that won a channel have any."""
    g[: points * channels] = 0
    for o in range(width):
        slope, row = spread(grad[p * width + o]), winner[p * width + o] * channels
        for c in range(0, channels, LANES):
            store(g, row + c, fused(slope, load(weight, o * channels + c), load(g, row + c)))


@kernel(error_model="numpy")
def _gradient_sums(  # type: ignore[no-untyped-def]
    team, grad, x, shared, weight, factor, offset, winner, mean, sums, slopes, patches, points, channels, width
):
    blocks = (patches + BLOCK - 1) // BLOCK
    for block in share(team, blocks):
        plain, along = scratch(x, channels), scratch(x, channels)
        g, active = scratch(x, points * channels), scratch(x, points * channels)
        for p in range(block * BLOCK, min((block + 1) * BLOCK, patches)):
            _behind_maximum(grad, weight, winner, p, points, channels, width, g)
            for k in range(points):
                for c in range(0, channels, LANES):
                    value = load(x, (p * points + k) * channels + c) + load(shared, p * channels + c)
                    normed = fused(value, load(factor, c), load(offset, c))
                    of = where_positive(normed, load(g, k * channels + c))
                    store(plain, c, load(plain, c) + of)
                    store(along, c, fused(of, value - load(mean, c), load(along, c)))
                    store(active, k * channels + c, where_positive(normed, normed))
            for o in range(width):
                slope, row = spread(grad[p * width + o]), winner[p * width + o] * channels
                to = (block * width + o) * channels
                for c in range(0, channels, LANES):
                    store(slopes, to + c, fused(slope, load(active, row + c), load(slopes, to + c)))
        for c in range(0, channels, LANES):
            store(sums, block * channels + c, load(plain, c))
            store(sums, (blocks + block) * channels + c, load(along, c))


@kernel(error_model="numpy")
def _gradient_rows(  # type: ignore[no-untyped-def]
    team, grad, x, shared, weight, factor, offset, winner, b, c, dx, dshared, patches, points, channels, width
):
    g, total = scratch(x, points * channels), scratch(x, channels)
    for p in share(team, patches):
        _behind_maximum(grad, weight, winner, p, points, channels, width, g)
        total[:] = 0
        for k in range(points):
            for i in range(0, channels, LANES):
                place, stretch = (p * points + k) * channels + i, load(factor, i)
                value = load(x, place) + load(shared, p * channels + i)
                of = where_positive(fused(value, stretch, load(offset, i)), load(g, k * channels + i))
                row = fused(stretch, of, fused(load(b, i), value, load(c, i)))
                store(dx, place, row)
                store(total, i, load(total, i) + row)
        for i in range(0, channels, LANES):
            store(dshared, p * channels + i, load(total, i))
