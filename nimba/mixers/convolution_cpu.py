"""Causal depthwise convolution and SiLU compiled for the CPU, LANES channels at a time.

Rows may lie apart in memory, as those of the half that a block splits off its projection do: each is read where it is.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nimba.runtime.kernels import helper, kernel, share
from nimba.runtime.lanes import LANES, exp2, fused, load, padded, scratch, spread, store

_ONE = np.float32(1)
_MINUS_LOG2E = np.float32(-1.4426950408889634)


def conv_forward(x, taps, bias):  # type: ignore[no-untyped-def]
    """(B, L, D) float32, (D, W), (D,) -> (B, L, D); equal to the torch version."""
    true = x.shape[2]
    x, taps, bias = padded(x), padded(np.ascontiguousarray(taps.T)), padded(bias)
    y = np.empty(x.shape, x.dtype)
    rows, cloud, step = rows_of(x)
    _forward(rows, taps.reshape(-1), bias, y.reshape(-1), *x.shape, len(taps), cloud, step)
    return y[..., :true]


def conv_backward(dy, x, taps, bias):  # type: ignore[no-untyped-def]
    """Gradients with respect to x, taps and bias; sums over clouds in a fixed order."""
    true = x.shape[2]
    dy, x, taps, bias = padded(dy), padded(x), padded(np.ascontiguousarray(taps.T)), padded(bias)
    dx, dtaps = np.empty(x.shape, x.dtype), np.empty((len(x), *taps.shape), x.dtype)
    dbias = np.empty((len(x), len(bias)), x.dtype)
    rows, cloud, step = rows_of(x)
    dy, outputs = np.ascontiguousarray(dy).reshape(-1), (out.reshape(-1) for out in (dx, dtaps, dbias))
    _backward(
        np.ascontiguousarray(dy).reshape(-1), rows, taps.reshape(-1), bias, *outputs, *x.shape, len(taps), cloud, step
    )
    return dx[..., :true], np.ascontiguousarray(dtaps.sum(0).T)[:true], dbias.sum(0)[:true]


def rows_of(x):  # type: ignore[no-untyped-def]
    """x (B, L, D) as a view (N,), and how far apart in it two clouds and two rows begin."""
    if x.size == 0 or min(x.strides) < 0:
        x = np.ascontiguousarray(x)
    cloud, step, _ = (stride // x.itemsize for stride in x.strides)
    span = 1 + sum((size - 1) * stride for size, stride in zip(x.shape, (cloud, step, 1), strict=True)) if x.size else 0
    return as_strided(x, (span,), (x.itemsize,)), cloud, step


@helper(error_model="numpy")
def sigmoid(x):  # type: ignore[no-untyped-def]
    """1 / (1 + exp(-x)) of lanes."""
    return spread(_ONE) / (spread(_ONE) + exp2(x * spread(_MINUS_LOG2E)))


@helper(error_model="numpy")
def _weighed(x, taps, value, place, t, c, channels, width, step):  # type: ignore[no-untyped-def]
    """value plus the weighted rows up to position t, whose own is at ``place``."""
    for j in range(max(0, width - 1 - t), width):
        value = fused(load(x, place - (width - 1 - j) * step), load(taps, j * channels + c), value)
    return value


@kernel(error_model="numpy")
def _forward(team, x, taps, bias, y, batch, length, channels, width, cloud, step):  # type: ignore[no-untyped-def]
    for b in share(team, batch):
        for t in range(length):
            for c in range(0, channels, LANES):
                value = load(bias, c)
                value = _weighed(x, taps, value, b * cloud + t * step + c, t, c, channels, width, step)
                store(y, (b * length + t) * channels + c, value * sigmoid(value))


@kernel(error_model="numpy")
def _backward(team, dy, x, taps, bias, dx, dtaps, dbias, batch, length, channels, width, cloud, step):  # type: ignore[no-untyped-def]
    groups = channels // LANES
    for task in share(team, batch * groups):
        b, c = task // groups, task % groups * LANES
        grad, slope, summed = scratch(x, length * LANES), scratch(x, width * LANES), spread(np.float32(0))
        for t in range(length):
            place = b * cloud + t * step + c
            value = _weighed(x, taps, load(bias, c), place, t, c, channels, width, step)
            gate = sigmoid(value)
            bent = gate * fused(value, spread(_ONE) - gate, spread(_ONE))  # of SiLU
            g = load(dy, (b * length + t) * channels + c) * bent
            store(grad, t * LANES, g)
            summed = summed + g
            for j in range(max(0, width - 1 - t), width):
                store(slope, j * LANES, fused(g, load(x, place - (width - 1 - j) * step), load(slope, j * LANES)))
        for t in range(length):
            value = spread(np.float32(0))
            for j in range(max(0, width - length + t), width):
                value = fused(load(grad, (t + width - 1 - j) * LANES), load(taps, j * channels + c), value)
            store(dx, (b * length + t) * channels + c, value)
        store(dbias, b * channels + c, summed)
        for j in range(width):
            store(dtaps, (b * width + j) * channels + c, load(slope, j * LANES))
