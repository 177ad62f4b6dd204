"""Compiled sorting for the CPU: by integer codes, ties by coordinates; one thread a cloud.

A least-significant-digit radix sort, whose cost is linear. Points that share a code are then sorted by their
coordinates, so nothing depends on the order in which they came.
"""

import numpy as np

from nimba.runtime.kernels import helper, kernel, kernel_threads, share

DIGIT = 11  # bits: 2048 counters stay in the first-level cache
CHUNK = 1 << 14  # points whose ties one thread settles at a time
MASK = np.uint64((1 << DIGIT) - 1)
LARGE = 1 << 16  # points from which on the threads share a cloud
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
    order = np.empty(codes.shape, np.int64)
    if codes.size:
        ordered = np.empty(codes.shape, np.uint64)
        passes = -(-code_bits // DIGIT)
        short = code_bits <= 32  # a code and the number of its point fit into one word
        if codes.shape[1] >= LARGE and short:
            for b in range(len(codes)):
                _sort_large(codes[b], passes, kernel_threads(), ordered[b], order[b])
        else:
            sort = _sort_short if short else _sort_long
            sort(codes, passes, ordered, order)
        _settle_ties(ordered, points, axes, order)
    return order


def argsort_axis(points: np.ndarray, axes: tuple[int, int, int]) -> np.ndarray:
    """Sort each cloud lexicographically by ``axes``: (B, N, 3) float32 or float64 -> (B, N) int64; NaN comes last."""
    codes = np.empty(points.shape[:2], np.uint64)
    unsigned = np.uint32 if points.dtype == np.float32 else np.uint64
    lead = np.ascontiguousarray(points[..., axes[0]])  # (B, N)
    lead += 0.0  # -0.0 becomes 0.0, which it equals
    _sortable(lead.view(unsigned).reshape(-1), codes.reshape(-1), 8 * points.itemsize)
    return argsort_codes(codes, 8 * points.itemsize, points, axes)


@kernel
def _sortable(floats, codes, width):  # type: ignore[no-untyped-def]
    """IEEE 754 bits -> unsigned integers that sort alike: of negatives all bits are flipped, of others the sign."""
    sign = np.uint64(1) << np.uint64(width - 1)
    ones = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - width)
    for i in range(len(floats)):
        word = np.uint64(floats[i])
        codes[i] = word ^ (ones if word & sign else sign)


def _sort_large(codes: np.ndarray, passes: int, threads: int, ordered: np.ndarray, order: np.ndarray) -> None:
    """As ``_sort_short``, one cloud on all threads: each counts and moves a part, and earlier parts go first."""
    words, others = np.empty((2, len(codes)), np.uint64)
    _join(codes, words)
    for p in range(passes):
        shift = np.uint64(32 + DIGIT * p)
        places = np.zeros((threads, 1 << DIGIT), np.int64)
        _count(words, shift, places)
        ends = np.cumsum(places.T).reshape(1 << DIGIT, threads)  # digit by digit, and part by part within
        places = ends.T - places
        _move(words, shift, places, others)
        words, others = others, words
    _part(words, ordered, order)


@kernel
def _join(team, codes, words):  # type: ignore[no-untyped-def]
    for i in share(team, len(codes)):
        words[i] = codes[i] << np.uint64(32) | np.uint64(i)


@kernel
def _part(team, words, ordered, order):  # type: ignore[no-untyped-def]
    for i in share(team, len(words)):
        order[i] = np.int64(words[i] & np.uint64(0xFFFFFFFF))
        ordered[i] = words[i] >> np.uint64(32)


@kernel
def _count(team, words, shift, places):  # type: ignore[no-untyped-def]
    """How many words of each part have each digit, into places (parts, digits)."""
    part = -(-len(words) // len(places))
    for t in share(team, len(places)):
        for i in range(t * part, min((t + 1) * part, len(words))):
            places[t, np.int64((words[i] >> shift) & MASK)] += 1


@kernel
def _move(team, words, shift, places, others):  # type: ignore[no-untyped-def]
    """Put the words of each part where ``places`` says that those with their digit begin."""
    part = -(-len(words) // len(places))
    for t in share(team, len(places)):
        for i in range(t * part, min((t + 1) * part, len(words))):
            bucket = np.int64((words[i] >> shift) & MASK)
            others[places[t, bucket]] = words[i]
            places[t, bucket] += 1


@kernel
def _sort_short(team, codes, passes, ordered, order):  # type: ignore[no-untyped-def]
    """Codes (B, N) and, in ``order``, the numbers of their points, sorted by the codes alone.

    Code and number of a point share a word, which halves what is moved.
    """
    count = codes.shape[1]
    for b in share(team, len(codes)):
        words, others = np.empty(count, np.uint64), np.empty(count, np.uint64)
        for i in range(count):
            words[i] = codes[b, i] << np.uint64(32) | np.uint64(i)
        for p in range(passes):
            shift = np.uint64(32 + DIGIT * p)
            places = _places(words, shift)
            if len(places) == 0:
                continue
            for i in range(count):
                bucket = np.int64((words[i] >> shift) & MASK)
                others[places[bucket]] = words[i]
                places[bucket] += 1
            words, others = others, words
        for i in range(count):
            order[b, i] = np.int64(words[i] & np.uint64(0xFFFFFFFF))
            ordered[b, i] = words[i] >> np.uint64(32)


@kernel
def _sort_long(team, codes, passes, ordered, order):  # type: ignore[no-untyped-def]
    """As ``_sort_short``, for codes of more than 32 bits."""
    count = codes.shape[1]
    for b in share(team, len(codes)):
        words, others = np.empty(count, np.uint64), np.empty(count, np.uint64)
        here, there = np.empty(count, np.int64), np.empty(count, np.int64)
        for i in range(count):
            words[i], here[i] = codes[b, i], i
        for p in range(passes):
            shift = np.uint64(DIGIT * p)
            places = _places(words, shift)
            if len(places) == 0:
                continue
            for i in range(count):
                bucket = np.int64((words[i] >> shift) & MASK)
                place = places[bucket]
                places[bucket] = place + 1
                others[place], there[place] = words[i], here[i]
            words, others = others, words
            here, there = there, here
        for i in range(count):
            order[b, i], ordered[b, i] = here[i], words[i]


@helper
def _places(words, shift):  # type: ignore[no-untyped-def]
    """Where each digit's words begin once they are sorted by it; empty if all share one digit."""
    places = np.zeros(1 << DIGIT, np.int64)
    for i in range(len(words)):
        places[np.int64((words[i] >> shift) & MASK)] += 1
    if places[np.int64((words[0] >> shift) & MASK)] == len(words):
        return places[:0]
    total = 0
    for digit in range(1 << DIGIT):
        total, places[digit] = total + places[digit], total
    return places


@kernel
def _settle_ties(team, codes, points, axes, order):  # type: ignore[no-untyped-def]
    """Sort each run of equal codes by coordinates; a run belongs to the chunk that it begins in."""
    batch, count = codes.shape
    chunks = -(-count // CHUNK)
    for task in share(team, batch * chunks):
        b, first = task // chunks, task % chunks * CHUNK
        end = min(first + CHUNK, count)
        while 0 < first < end and codes[b, first] == codes[b, first - 1]:
            first += 1
        space = np.empty(0, np.int64)
        while first < end:
            after = first + 1
            while after < count and codes[b, after] == codes[b, first]:
                after += 1
            if after - first > 1:
                if after - first > len(space):
                    space = np.empty(2 * (after - first), np.int64)
                _sort_run(order[b, first:after], space, points[b], axes)
            first = after


@helper
def _before(points, i, j, axes):  # type: ignore[no-untyped-def]
    for axis in axes:
        if points[i, axis] != points[j, axis]:
            return points[i, axis] < points[j, axis]
    return False


@helper
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
