"""The selective scan compiled for the CPU: the forward pass, and what both passes are handed.

Layout: channels last, LANES neighbouring channels in a vector (see ``nimba.runtime.lanes``). A task is one cloud and
one strip of channels, whose states stay in the nearest cache. The forward pass keeps the state at the beginning of
every SEGMENT steps for the backward one. Every channel is computed alike whatever the strip, so that results depend
neither on the other clouds nor on the number of threads.
"""

import numpy as np

from nimba.runtime.kernels import helper, kernel, share
from nimba.runtime.lanes import LANES, exp2, fused, load, padded, repeat, scratch, store
from nimba.scan.segments import SEGMENT

TASKS = 8  # at least, where there are so many vectors of channels: enough for several threads
_LOG2E = 1.4426950408889634  # exp(x) is computed as 2^(x log2 e)


def scan_forward(u, delta, A, B, C, D):  # type: ignore[no-untyped-def]
    """Arrays as in ``selective_scan_reference``, of one dtype -> y (B, L, D), states (B, ceil(L / SEGMENT), N, D)."""
    batch, length, channels = u.shape
    u, delta, rates, D = padded(u), padded(delta), decay_rates(A), padded(D)
    y = np.empty_like(u)
    states = np.empty((batch, -(-length // SEGMENT), *rates.shape), u.dtype)
    width = LANES * max(1, u.shape[2] * batch // (LANES * TASKS))
    _forward(*map(flat, (u, delta, rates, B, C, D, y, states)), *u.shape, len(rates), min(width, u.shape[2]))
    return y[..., :channels], states[..., :channels]


def decay_rates(A):  # type: ignore[no-untyped-def]
    """A (D, N) -> A log2 e (N, D), so that 2^(delta rate) is the decay."""
    return padded(np.ascontiguousarray((A.T * A.dtype.type(_LOG2E)).astype(A.dtype)))


def flat(x):  # type: ignore[no-untyped-def]
    """A view of a contiguous array as (N,)."""
    return x.reshape(-1)


@kernel
def _forward(team, u, delta, rates, B, C, D, y, states, batch, length, channels, order, width):  # type: ignore[no-untyped-def]
    strips = (channels + width - 1) // width
    segments = (length + SEGMENT - 1) // SEGMENT
    for task in share(team, batch * strips):
        b, low = task // strips, task % strips * width
        high = min(low + width, channels)
        first, kept = b * length, b * segments * order * channels
        _forward_strip(u, delta, rates, B, C, D, y, states, length, channels, order, low, high, first, kept)


@helper(error_model="numpy")
def _forward_strip(u, delta, rates, B, C, D, y, states, length, channels, order, low, high, first, kept):  # type: ignore[no-untyped-def]
    """One cloud, whose first row is ``first`` and whose first state is at ``kept``, and the channels of a strip."""
    state, rate = scratch(u, order * (high - low)), scratch(u, order * (high - low))
    for c in range(low, high, LANES):
        for n in range(order):
            store(rate, (c - low) * order + n * LANES, load(rates, n * channels + c))
    for t in range(length):
        if t % SEGMENT == 0:
            for n in range(order):
                for c in range(low, high, LANES):
                    store(states, kept + n * channels + c, load(state, (c - low) * order + n * LANES))
            kept += order * channels
        row = (first + t) * order
        for c in range(low, high, LANES):
            place = (first + t) * channels + c
            own = (c - low) * order
            step, x = load(delta, place), load(u, place)
            drive, out = step * x, x * load(D, c)
            for n in range(order):
                at = own + n * LANES
                h = fused(exp2(step * load(rate, at)), load(state, at), drive * repeat(B, row + n))
                store(state, at, h)
                out = fused(h, repeat(C, row + n), out)
            store(y, place, out)
