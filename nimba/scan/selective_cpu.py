"""The selective scan compiled for the CPU, forward and backward.

Layout: channels last, so the inner loops run over contiguous channels and become vector instructions. A task is one
cloud and one strip of channels; its state (N, STRIP) stays in the first-level cache. The forward pass keeps the state
at the beginning of every SEGMENT steps; the backward pass recomputes the states in between, segment by segment. Partial
sums over strips and clouds are added up in a fixed order, so results depend neither on the number of threads nor on
their timing.
"""

import numpy as np

from nimba.runtime.exponential import exponential
from nimba.runtime.kernels import helper, kernel, share
from nimba.scan.segments import SEGMENT

STRIP = 64
_FAST = {"contract", "reassoc", "nsz"}  # vectorised sums and fused multiply-adds; NaN and infinity keep their meaning


def scan_forward(u, delta, A, B, C, D):  # type: ignore[no-untyped-def]
    """Arrays as in ``selective_scan_reference``, of one dtype -> y (B, L, D), states (B, ceil(L / SEGMENT), N, D)."""
    batch, length, channels = u.shape
    y = np.empty_like(u)
    states = np.empty((batch, -(-length // SEGMENT), A.shape[1], channels), u.dtype)
    _forward(u, delta, np.ascontiguousarray(A.T), B, C, D, y, states)
    return y, states


def scan_backward(dy, u, delta, A, B, C, D, states):  # type: ignore[no-untyped-def]
    """Gradients of y . dy with respect to u, delta, A, B, C and D."""
    batch, _, channels = u.shape
    strips = -(-channels // STRIP)
    du, ddelta = np.empty_like(u), np.empty_like(u)
    dA = np.zeros((batch, A.shape[1], channels), u.dtype)
    dD = np.zeros((batch, channels), u.dtype)
    dB = np.empty((strips, *B.shape), u.dtype)
    dC = np.empty((strips, *C.shape), u.dtype)
    _backward(dy, u, delta, np.ascontiguousarray(A.T), B, C, D, states, du, ddelta, dA, dB, dC, dD)
    return du, ddelta, np.ascontiguousarray(dA.sum(0).T), dB.sum(0), dC.sum(0), dD.sum(0)


@kernel
def _forward(team, u, delta, A, B, C, D, y, states):  # type: ignore[no-untyped-def]
    batch, _, channels = u.shape
    strips = (channels + STRIP - 1) // STRIP
    for task in share(team, batch * strips):
        b, low = task // strips, (task % strips) * STRIP
        high = min(low + STRIP, channels)
        _forward_strip(
            u[b, :, low:high],
            delta[b, :, low:high],
            A[:, low:high].copy(),
            B[b],
            C[b],
            D[low:high],
            y[b, :, low:high],
            states[b, :, :, low:high],
        )


@helper(fastmath=_FAST, error_model="numpy")
def _forward_strip(u, delta, A, B, C, D, y, states):  # type: ignore[no-untyped-def]
    length, width = u.shape
    order = len(A)
    state = np.zeros((order, width), u.dtype)
    step = np.empty(width, u.dtype)
    drive = np.empty(width, u.dtype)
    total = np.empty(width, u.dtype)
    for t in range(length):
        if t % SEGMENT == 0:
            for n in range(order):
                for d in range(width):
                    states[t // SEGMENT, n, d] = state[n, d]
        for d in range(width):
            step[d] = delta[t, d]
            drive[d] = delta[t, d] * u[t, d]
            total[d] = u[t, d] * D[d]
        for n in range(order):
            into, out = B[t, n], C[t, n]
            a, h = A[n], state[n]
            for d in range(width):
                now = exponential(step[d] * a[d]) * h[d] + drive[d] * into
                h[d] = now
                total[d] += now * out
        for d in range(width):
            y[t, d] = total[d]


@kernel
def _backward(team, dy, u, delta, A, B, C, D, states, du, ddelta, dA, dB, dC, dD):  # type: ignore[no-untyped-def]
    batch, _, channels = u.shape
    strips = (channels + STRIP - 1) // STRIP
    for task in share(team, batch * strips):
        b, strip = task // strips, task % strips
        low, high = strip * STRIP, min((strip + 1) * STRIP, channels)
        _backward_strip(
            dy[b, :, low:high],
            u[b, :, low:high],
            delta[b, :, low:high],
            A[:, low:high].copy(),
            B[b],
            C[b],
            D[low:high],
            states[b, :, :, low:high],
            du[b, :, low:high],
            ddelta[b, :, low:high],
            dA[b, :, low:high],
            dB[strip, b],
            dC[strip, b],
            dD[b, low:high],
        )


@helper(fastmath=_FAST, error_model="numpy")
def _backward_strip(dy, u, delta, A, B, C, D, states, du, ddelta, dA, dB, dC, dD):  # type: ignore[no-untyped-def]
    length, width = u.shape
    order = len(A)
    decay = np.empty((SEGMENT, order, width), u.dtype)
    history = np.empty((SEGMENT + 1, order, width), u.dtype)  # history[s] is the state before step s of the segment
    carried = np.zeros((order, width), u.dtype)  # gradient that reaches the state from later steps
    slope = np.zeros((order, width), u.dtype)
    step, drive, grad = np.empty(width, u.dtype), np.empty(width, u.dtype), np.empty(width, u.dtype)
    to_drive, to_step = np.empty(width, u.dtype), np.empty(width, u.dtype)
    for segment in range(len(states) - 1, -1, -1):
        first = segment * SEGMENT
        steps = min(SEGMENT, length - first)
        for n in range(order):
            for d in range(width):
                history[0, n, d] = states[segment, n, d]
        for s in range(steps):
            for d in range(width):
                step[d] = delta[first + s, d]
                drive[d] = delta[first + s, d] * u[first + s, d]
            for n in range(order):
                into = B[first + s, n]
                a, before, after, kept = A[n], history[s, n], history[s + 1, n], decay[s, n]
                for d in range(width):
                    factor = exponential(step[d] * a[d])
                    kept[d] = factor
                    after[d] = factor * before[d] + drive[d] * into
        for s in range(steps - 1, -1, -1):
            t = first + s
            for d in range(width):
                step[d] = delta[t, d]
                drive[d] = delta[t, d] * u[t, d]
                grad[d] = dy[t, d]
                to_drive[d] = 0
                to_step[d] = 0
                dD[d] += dy[t, d] * u[t, d]
            for n in range(order):
                into, out = B[t, n], C[t, n]
                a, before, after, kept = A[n], history[s, n], history[s + 1, n], decay[s, n]
                later, bend = carried[n], slope[n]
                sum_into, sum_out = into * 0, out * 0
                for d in range(width):
                    here = later[d] + grad[d] * out
                    through = here * kept[d]
                    exponent = through * before[d]  # gradient of the exponent delta A
                    sum_out += grad[d] * after[d]
                    sum_into += here * drive[d]
                    to_drive[d] += here * into
                    to_step[d] += exponent * a[d]
                    bend[d] += exponent * step[d]
                    later[d] = through
                dB[t, n] = sum_into
                dC[t, n] = sum_out
            for d in range(width):
                du[t, d] = grad[d] * D[d] + to_drive[d] * step[d]
                ddelta[t, d] = to_step[d] + to_drive[d] * u[t, d]
    for n in range(order):
        for d in range(width):
            dA[n, d] = slope[n, d]
