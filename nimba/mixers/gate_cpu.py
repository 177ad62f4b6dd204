"""The gate compiled for the CPU, LANES channels at a time; rows may lie apart, as those of half a projection do."""

import numpy as np

from nimba.mixers.convolution_cpu import rows_of, sigmoid
from nimba.runtime.kernels import kernel, share
from nimba.runtime.lanes import LANES, fused, load, padded, spread, store

_ONE = np.float32(1)


def gate_forward(y, z):  # type: ignore[no-untyped-def]
    """y SiLU(z) of (B, L, D) float32 -> (B, L, D)."""
    true = y.shape[2]
    shape = _padded_shape(y.shape)
    (y, *of_y), (z, *of_z) = _rows(y), _rows(z)
    out = np.empty(shape, np.float32)
    _forward(y, z, out.reshape(-1), *shape, *of_y, *of_z)
    return out[..., :true]


def gate_backward(grad, y, z):  # type: ignore[no-untyped-def]
    """Gradients with respect to y and z: (B, L, D)."""
    true = y.shape[2]
    shape = _padded_shape(y.shape)
    (y, *of_y), (z, *of_z) = _rows(y), _rows(z)
    dy, dz = np.empty(shape, np.float32), np.empty(shape, np.float32)
    grad = np.ascontiguousarray(padded(grad)).reshape(-1)
    _backward(grad, y, z, dy.reshape(-1), dz.reshape(-1), *shape, *of_y, *of_z)
    return dy[..., :true], dz[..., :true]


def _padded_shape(shape):  # type: ignore[no-untyped-def]
    return (*shape[:2], -(-shape[2] // LANES) * LANES)


def _rows(x):  # type: ignore[no-untyped-def]
    return rows_of(padded(x))


@kernel(error_model="numpy")
def _forward(team, y, z, out, batch, length, channels, cloud, step, cloud_z, step_z):  # type: ignore[no-untyped-def]
    for b in share(team, batch):
        for t in range(length):
            for c in range(0, channels, LANES):
                value = load(z, b * cloud_z + t * step_z + c)
                product = load(y, b * cloud + t * step + c) * value * sigmoid(value)
                store(out, (b * length + t) * channels + c, product)


@kernel(error_model="numpy")
def _backward(team, grad, y, z, dy, dz, batch, length, channels, cloud, step, cloud_z, step_z):  # type: ignore[no-untyped-def]
    for b in share(team, batch):
        for t in range(length):
            for c in range(0, channels, LANES):
                place = (b * length + t) * channels + c
                value, g = load(z, b * cloud_z + t * step_z + c), load(grad, place)
                s = sigmoid(value)
                bent = s * fused(value, spread(_ONE) - s, spread(_ONE))  # of SiLU
                store(dy, place, g * value * s)
                store(dz, place, g * load(y, b * cloud + t * step + c) * bent)
