"""The selective scan compiled for the CPU: the backward pass; layout as in ``selective_cpu``.

It goes through the segments from the last to the first. Within one, each of the N states of LANES channels is computed
anew from the state that the forward pass kept, and then followed backwards, while it is in the nearest cache. Sums over
channels are taken strip by strip, and those over strips and clouds in a fixed order: gradients do not depend on the
number of threads.
"""

import numpy as np

from nimba.runtime.kernels import helper, kernel, share
from nimba.runtime.lanes import LANES, exp2, fused, load, padded, repeat, scratch, spread, store, total
from nimba.scan.segments import SEGMENT
from nimba.scan.selective_cpu import decay_rates, flat

STRIP = 256  # channels of a task
_LN2 = 0.6931471805599453
_ROOM = SEGMENT * LANES
_STEP, _DRIVE, _GRAD, _DECAY, _BEFORE, _TO_DRIVE, _TO_STEP = (place * _ROOM for place in range(7))  # in ``room``


def scan_backward(dy, u, delta, A, B, C, D, states):  # type: ignore[no-untyped-def]
    """Gradients of y . dy with respect to u, delta, A, B, C and D."""
    true = u.shape[2]
    dy, u, delta, rates, D, states = padded(dy), padded(u), padded(delta), decay_rates(A), padded(D), padded(states)
    batch, _, channels = u.shape
    strips = -(-channels // STRIP)
    du, ddelta = np.empty_like(u), np.empty_like(u)
    dA, dD = np.empty((batch, *rates.shape), u.dtype), np.empty((batch, channels), u.dtype)
    dB, dC = np.empty((strips, *B.shape), u.dtype), np.empty((strips, *C.shape), u.dtype)
    arrays = dy, u, delta, rates, B, C, D, np.ascontiguousarray(states), du, ddelta, dA, dB, dC, dD
    _backward(*map(flat, arrays), *u.shape, len(rates))
    dA = np.ascontiguousarray(dA.sum(0).T)
    return du[..., :true], ddelta[..., :true], dA[:true], dB.sum(0), dC.sum(0), dD.sum(0)[:true]


@kernel
def _backward(team, dy, u, delta, rates, B, C, D, states, du, ddelta, dA, dB, dC, dD, batch, length, channels, order):  # type: ignore[no-untyped-def]
    strips = (channels + STRIP - 1) // STRIP
    segments = (length + SEGMENT - 1) // SEGMENT
    for task in share(team, batch * strips):
        b, low = task // strips, task % strips * STRIP
        high = min(low + STRIP, channels)
        into, out = scratch(u, order * _ROOM), scratch(u, order * _ROOM)  # sums over the channels of a segment
        later, slope = scratch(u, order * (high - low)), scratch(u, order * (high - low))
        along = scratch(u, high - low)
        room = scratch(u, 7 * _ROOM)
        for segment in range(segments - 1, -1, -1):
            first = b * length + segment * SEGMENT
            steps = min(SEGMENT, length - segment * SEGMENT)
            into[:] = 0
            out[:] = 0
            for c in range(low, high, LANES):
                place = first * channels + c
                kept = (b * segments + segment) * order * channels + c
                own = (c - low) * order
                _read(dy, u, delta, room, place, channels, steps)
                for n in range(order):
                    rate, h = load(rates, n * channels + c), load(states, kept + n * channels)
                    _state(room, B, C, into, out, later, slope, rate, h, own + n * LANES, first, n, order, steps)
                _write(u, D, du, ddelta, along, room, c, c - low, place, channels, steps)
            _add_up(into, out, dB, dC, (task % strips * batch * length + first) * order, steps * order)
        for c in range(low, high, LANES):
            store(dD, b * channels + c, load(along, c - low))
            for n in range(order):
                store(dA, (b * order + n) * channels + c, load(slope, (c - low) * order + n * LANES))


@helper(error_model="numpy")
def _read(dy, u, delta, room, place, channels, steps):  # type: ignore[no-untyped-def]
    """The rows of a segment, of LANES channels."""
    zero = spread(u.dtype.type(0))
    for s in range(steps):
        at, row = s * LANES, place + s * channels
        step = load(delta, row)
        store(room, _STEP + at, step)
        store(room, _DRIVE + at, step * load(u, row))
        store(room, _GRAD + at, load(dy, row))
        store(room, _TO_DRIVE + at, zero)
        store(room, _TO_STEP + at, zero)


@helper(error_model="numpy")
def _state(room, B, C, into, out, later, slope, rate, h, own, first, n, order, steps):  # type: ignore[no-untyped-def]
    """One of the N states: h is what it is before the segment; ``later`` what reaches it from behind."""
    for s in range(steps):
        at = s * LANES
        factor = exp2(load(room, _STEP + at) * rate)
        store(room, _DECAY + at, factor)
        store(room, _BEFORE + at, h)
        h = fused(factor, h, load(room, _DRIVE + at) * repeat(B, (first + s) * order + n))
    carried, bend = load(later, own), load(slope, own)
    for s in range(steps - 1, -1, -1):
        at, sums, row = s * LANES, (s * order + n) * LANES, (first + s) * order + n
        grad = load(room, _GRAD + at)
        here = fused(grad, repeat(C, row), carried)
        store(out, sums, fused(grad, h, load(out, sums)))
        store(into, sums, fused(here, load(room, _DRIVE + at), load(into, sums)))
        store(room, _TO_DRIVE + at, fused(here, repeat(B, row), load(room, _TO_DRIVE + at)))
        h = load(room, _BEFORE + at)
        carried = here * load(room, _DECAY + at)
        exponent = carried * h  # gradient of the exponent delta A
        store(room, _TO_STEP + at, fused(exponent, rate, load(room, _TO_STEP + at)))
        bend = fused(exponent, load(room, _STEP + at), bend)
    store(later, own, carried)
    store(slope, own, bend)


@helper(error_model="numpy")
def _write(u, D, du, ddelta, along, room, c, own, place, channels, steps):  # type: ignore[no-untyped-def]
    """Gradients of the rows of a segment."""
    skip, summed, ln2 = load(D, c), load(along, own), spread(u.dtype.type(_LN2))
    for s in range(steps):
        at, row = s * LANES, place + s * channels
        grad, x, way = load(room, _GRAD + at), load(u, row), load(room, _TO_DRIVE + at)
        summed = fused(grad, x, summed)
        store(du, row, fused(way, load(room, _STEP + at), grad * skip))
        store(ddelta, row, fused(load(room, _TO_STEP + at), ln2, way * x))
    store(along, own, summed)


@helper
def _add_up(into, out, dB, dC, place, count):  # type: ignore[no-untyped-def]
    for k in range(count):
        dB[place + k] = total(load(into, k * LANES))
        dC[place + k] = total(load(out, k * LANES))
