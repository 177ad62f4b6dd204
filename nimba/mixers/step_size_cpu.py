"""Softplus compiled for the CPU, in vector instructions."""

import numpy as np

from nimba.runtime.exponential import exponential
from nimba.runtime.kernels import kernel, share

_FAST = {"contract", "nsz"}  # no reassociation: the formula below cancels nothing
_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)
# log(1 + t) = 2 artanh(s), s = t / (2 + t) <= 1 / 3: the series, cut where terms are below half a last digit.
_S3, _S5, _S7, _S9, _S11, _S13 = (np.float32(2 / n) for n in (3, 5, 7, 9, 11, 13))


def softplus_forward(x, bias):  # type: ignore[no-untyped-def]
    """log(1 + exp(x + bias)) as max(v, 0) + log1p(exp(-|v|)): (B, L, D) float32, (D,) -> (B, L, D)."""
    y = np.empty(x.shape, x.dtype)
    _forward(x, bias, y)
    return y


def softplus_backward(dy, y):  # type: ignore[no-untyped-def]
    """Gradients with respect to x (B, L, D) and bias (D,), from the output; sums over clouds in a fixed order."""
    dx = np.empty(y.shape, y.dtype)
    dbias = np.zeros((len(y), y.shape[2]), y.dtype)
    _backward(dy, y, dx, dbias)
    return dx, dbias.sum(0)


@kernel(fastmath=_FAST, error_model="numpy")
def _forward(team, x, bias, y):  # type: ignore[no-untyped-def]
    for b in share(team, len(x)):
        for t in range(x.shape[1]):
            row, out = x[b, t], y[b, t]
            for d in range(len(bias)):
                v = row[d] + bias[d]
                small = exponential(-abs(v))
                s = small / (_TWO + small)
                q = s * s
                series = (((((_S13 * q + _S11) * q + _S9) * q + _S7) * q + _S5) * q + _S3) * q + _TWO
                out[d] = max(v, _ZERO) + s * series


@kernel(fastmath=_FAST, error_model="numpy")
def _backward(team, dy, y, dx, dbias):  # type: ignore[no-untyped-def]
    for b in share(team, len(y)):
        summed = dbias[b]
        for t in range(y.shape[1]):
            grad, out, to = dy[b, t], y[b, t], dx[b, t]
            for d in range(len(summed)):
                # The sigmoid is 1 - exp(-y), whose digits cancel where y is small: there it is y - y^2 / 2 + ...
                w = out[d]
                near = w * (_ONE - w * (np.float32(0.5) - w * (np.float32(1 / 6) - w * np.float32(1 / 24))))
                slope = near if w < np.float32(0.03) else _ONE - exponential(-w)
                to[d] = grad[d] * slope
                summed[d] += to[d]
