"""Causal depthwise convolution and SiLU compiled for the CPU: a thread a cloud, inner loops over channels."""

import numpy as np

from nimba.runtime.exponential import exponential
from nimba.runtime.kernels import helper, kernel, share

_FAST = {"contract", "reassoc", "nsz"}


def conv_forward(x, taps, bias):  # type: ignore[no-untyped-def]
    """(B, L, D) float32 with contiguous channels, (D, W), (D,) -> (B, L, D); equal to the torch version."""
    y = np.empty(x.shape, x.dtype)
    _forward(x, np.ascontiguousarray(taps.T), bias, y)
    return y


def conv_backward(dy, x, taps, bias):  # type: ignore[no-untyped-def]
    """Gradients with respect to x, taps and bias; sums over clouds in a fixed order."""
    dx = np.empty(x.shape, x.dtype)
    dtaps = np.zeros((len(x), taps.shape[1], taps.shape[0]), x.dtype)
    dbias = np.zeros((len(x), len(bias)), x.dtype)
    _backward(dy, x, np.ascontiguousarray(taps.T), bias, dx, dtaps, dbias)
    return dx, np.ascontiguousarray(dtaps.sum(0).T), dbias.sum(0)


@helper(fastmath=_FAST)
def _weigh(x, t, taps, bias, out):  # type: ignore[no-untyped-def]
    """The convolution at position t into out (D,)."""
    width = len(taps)
    for d in range(len(bias)):
        out[d] = bias[d]
    for j in range(max(0, width - 1 - t), width):
        row, tap = x[t - (width - 1) + j], taps[j]
        for d in range(len(bias)):
            out[d] += row[d] * tap[d]


@kernel(fastmath=_FAST, error_model="numpy")
def _forward(team, x, taps, bias, y):  # type: ignore[no-untyped-def]
    for b in share(team, len(x)):
        for t in range(x.shape[1]):
            out = y[b, t]
            _weigh(x[b], t, taps, bias, out)
            for d in range(len(bias)):
                out[d] = out[d] / (np.float32(1) + exponential(-out[d]))


@kernel(fastmath=_FAST, error_model="numpy")
def _backward(team, dy, x, taps, bias, dx, dtaps, dbias):  # type: ignore[no-untyped-def]
    width = len(taps)
    for b in share(team, len(x)):
        dx[b] = 0
        value = np.empty(len(bias), x.dtype)
        for t in range(x.shape[1]):
            _weigh(x[b], t, taps, bias, value)
            grad, summed = dy[b, t], dbias[b]
            for d in range(len(bias)):
                gate = np.float32(1) / (np.float32(1) + exponential(-value[d]))
                value[d] = grad[d] * gate * (np.float32(1) + value[d] * (np.float32(1) - gate))
                summed[d] += value[d]
            for j in range(max(0, width - 1 - t), width):
                row, to = x[b, t - (width - 1) + j], dx[b, t - (width - 1) + j]
                tap, slope = taps[j], dtaps[b, j]
                for d in range(len(bias)):
                    slope[d] += value[d] * row[d]
                    to[d] += value[d] * tap[d]
