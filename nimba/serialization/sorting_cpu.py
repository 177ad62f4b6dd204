"""Compiled sorting for the CPU: by integer codes, ties by coordinates; one thread a cloud.

A least-significant-digit radix sort, whose cost is linear. Points that share a code are then sorted by their
coordinates, so nothing depends on the order in which they came.
"""

import numpy as np
from numba import njit, prange

from nimba.kernels import use_torch_threads

DIGIT = 11  # bits: 2048 counters stay in the first-level cache
FEW = 24  # up to here insertion is quicker than merging


def argsort_codes(codes: np.ndarray, code_bits: int, points: np.ndarray, axes: tuple[int, int, int]) -> np.ndarray:
    """Sort each cloud by its points' codes, equal codes by coordinates.

    Args:
        codes: (B, N) uint64, below 2^code_bits.
        code_bits: how many bits of a code count.
        points: (B, N, 3) float32 or float64, C-contiguous.
        axes: the coordinates to settle ties by, the leading one first.

    Returns:
        (B, N) int64; points equal in all three coordinates stay in their input order.
    """
    use_torch_threads()
    order = np.empty(codes.shape, np.int64)
    if codes.size:
        _argsort_batch(codes, -(-code_bits // DIGIT), points, axes, order)
    return order


def argsort_axis(points: np.ndarray, axes: tuple[int, int, int]) -> np.ndarray:
    """Sort each cloud lexicographically by ``axes``: (B, N, 3) float32 or float64 -> (B, N) int64; NaN comes last."""
    use_torch_threads()
    codes = np.empty(points.shape[:2], np.uint64)
    unsigned = np.uint32 if points.dtype == np.float32 else np.uint64
    lead = np.ascontiguousarray(points[..., axes[0]])  # (B, N)
    lead += 0.0  # -0.0 becomes 0.0, which it equals
    _sortable(lead.view(unsigned).reshape(-1), codes.reshape(-1), 8 * points.itemsize)
    return argsort_codes(codes, 8 * points.itemsize, points, axes)


@njit(cache=True)
def _sortable(floats, codes, width):  # type: ignore[no-untyped-def]
    """IEEE 754 bits -> unsigned integers that sort alike: of negatives all bits are flipped, of others the sign."""
    sign = np.uint64(1) << np.uint64(width - 1)
    ones = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - width)
    for i in range(len(floats)):
        word = np.uint64(floats[i])
        codes[i] = word ^ (ones if word & sign else sign)


@njit(parallel=True, cache=True)
def _argsort_batch(codes, passes, points, axes, order):  # type: ignore[no-untyped-def]
    for b in prange(codes.shape[0]):
        _argsort_one(codes[b], passes, points[b], axes, order[b])


@njit(cache=True)
def _argsort_one(codes, passes, points, axes, order):  # type: ignore[no-untyped-def]
    count = len(codes)
    keys, other_keys = codes.copy(), np.empty(count, np.uint64)
    here, there = np.arange(count, dtype=np.int32), np.empty(count, np.int32)
    mask = np.uint64((1 << DIGIT) - 1)
    counters = np.zeros((passes, 1 << DIGIT), np.int64)
    for i in range(count):
        word = keys[i]
        for p in range(passes):
            counters[p, np.int64((word >> np.uint64(DIGIT * p)) & mask)] += 1
    for p in range(passes):
        shift = np.uint64(DIGIT * p)
        if counters[p, np.int64((keys[0] >> shift) & mask)] == count:
            continue  # all share this digit
        total = 0
        for digit in range(1 << DIGIT):
            total, counters[p, digit] = total + counters[p, digit], total
        for i in range(count):
            bucket = np.int64((keys[i] >> shift) & mask)
            place = counters[p, bucket]
            counters[p, bucket] = place + 1
            other_keys[place] = keys[i]
            there[place] = here[i]
        keys, other_keys = other_keys, keys
        here, there = there, here
    first = 0
    for i in range(1, count + 1):
        if i == count or keys[i] != keys[first]:
            if i - first > 1:
                _sort_run(here[first:i], there[first:i], points, axes)
            first = i
    for i in range(count):
        order[i] = here[i]


@njit(cache=True)
def _before(points, i, j, axes):  # type: ignore[no-untyped-def]
    for axis in axes:
        if points[i, axis] != points[j, axis]:
            return points[i, axis] < points[j, axis]
    return False


@njit(cache=True)
def _sort_run(run, space, points, axes):  # type: ignore[no-untyped-def]
    """Sort a run of point numbers in place by coordinates: insertion within short blocks, then merges, all stable."""
    count = len(run)
    for low in range(0, count, FEW):
        for i in range(low + 1, min(low + FEW, count)):
            point, place = run[i], i
            while place > low and _before(points, point, run[place - 1], axes):
                run[place] = run[place - 1]
                place -= 1
            run[place] = point
    width = FEW
    while width < count:
        for low in range(0, count, 2 * width):
            middle, high = min(low + width, count), min(low + 2 * width, count)
            left, right = low, middle
            for place in range(low, high):
                if left < middle and (right >= high or not _before(points, run[right], run[left], axes)):
                    space[place] = run[left]
                    left += 1
                else:
                    space[place] = run[right]
                    right += 1
        for i in range(count):
            run[i] = space[i]
        width *= 2
