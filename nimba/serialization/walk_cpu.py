"""NIMBA's walk compiled for the CPU: one thread a cloud.

With insertion, the centres that are not yet placed always stay sorted. A linked list of them therefore is the whole
state, and a step looks at them only until the first hit: 1.4 to 2.4 N distances in all on real shapes.
"""

import numpy as np
from numba import njit, prange

from nimba.kernels import use_torch_threads

FIRST, NEAREST, SWAP = range(3)


def walk_cpu(points: np.ndarray, r: float, variant: int) -> np.ndarray:
    """(B, N, 3) float32 sorted, C-contiguous -> (B, N) int64; equal to ``walk_reference``."""
    use_torch_threads()
    limit = np.float32(r) * np.float32(r)
    order = np.empty(points.shape[:2], np.int64)
    if points.shape[1]:
        _walk_batch(points, limit, variant, order)
    return order


@njit(parallel=True, cache=True)
def _walk_batch(points, limit, variant, order):  # type: ignore[no-untyped-def]
    for b in prange(points.shape[0]):
        if variant == SWAP:
            _swap_one(points[b], limit, order[b])
        else:
            _insert_one(points[b], limit, variant == NEAREST, order[b])


@njit(cache=True)
def _squared_distance(points, i, j):  # type: ignore[no-untyped-def]
    dx = points[i, 0] - points[j, 0]
    dy = points[i, 1] - points[j, 1]
    dz = points[i, 2] - points[j, 2]
    return dx * dx + dy * dy + dz * dz


@njit(cache=True)
def _insert_one(points, limit, nearest, order):  # type: ignore[no-untyped-def]
    count = len(points)
    following = np.arange(1, count + 1)  # linked list of the unplaced; the entry past the end is `count`
    head = 1
    current = 0
    order[0] = 0
    for place in range(1, count):
        chosen, before_chosen = head, -1
        if not _squared_distance(points, head, current) < limit:  # so written that NaN is an island
            best = limit
            before, candidate = head, following[head]
            while candidate < count:
                distance = _squared_distance(points, candidate, current)
                if distance < best:
                    chosen, before_chosen = candidate, before
                    if not nearest:
                        break
                    best = distance
                before, candidate = candidate, following[candidate]
        if before_chosen < 0:
            head = following[head]
        else:
            following[before_chosen] = following[chosen]
        order[place] = chosen
        current = chosen


@njit(cache=True)
def _swap_one(points, limit, order):  # type: ignore[no-untyped-def]
    count = len(points)
    for i in range(count):
        order[i] = i
    for place in range(count - 1):
        for ahead in range(place + 1, count):
            if _squared_distance(points, order[ahead], order[place]) < limit:
                order[place + 1], order[ahead] = order[ahead], order[place + 1]
                break
