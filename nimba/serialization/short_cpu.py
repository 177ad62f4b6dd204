"""2-opt and Or-opt on an open path, with neighbour lists and don't-look bits (Bentley 1992): compiled.

Every move that is made shortens the path by more than rounding could, so the search ends; candidates are looked at in
a fixed order, so it is deterministic.
"""

import numpy as np
from scipy.spatial import KDTree

from nimba.runtime.kernels import helper, kernel

LONGEST = 50_000  # places that a move may rewrite: longer ones cost more than they bring
LARGEST_SEGMENT = 3  # points that Or-opt moves together
ROUNDING = 1e-10  # of the cloud's size


def shorten(points: np.ndarray, path: np.ndarray, neighbours: int) -> np.ndarray:
    """Improve a path.

    Args:
        points: (N, 3) float64, distinct.
        path: (N,) int64, a permutation.
        neighbours: how many nearest points of each are tried as its next neighbour.

    Returns:
        (N,) int64, a path that is at most as long.
    """
    count = len(points)
    if count < 3:
        return path
    near = min(neighbours, count - 1)
    candidates = KDTree(points).query(points, k=near + 1)[1]  # (N, K + 1), itself mostly among them
    path = path.copy()
    _improve(points, candidates, path, ROUNDING * float(np.ptp(points, axis=0).max()))
    return path


@helper
def _distance(points, a, b):  # type: ignore[no-untyped-def]
    """Between two points; 0 where one lies past an end of the path (-1)."""
    if a < 0 or b < 0:
        return 0.0
    dx, dy, dz = points[a, 0] - points[b, 0], points[a, 1] - points[b, 1], points[a, 2] - points[b, 2]
    return np.sqrt(dx * dx + dy * dy + dz * dz)


@helper
def _at(path, place):  # type: ignore[no-untyped-def]
    return path[place] if 0 <= place < len(path) else -1


@kernel
def _improve(points, candidates, path, least):  # type: ignore[no-untyped-def]
    count = len(path)
    place_of = np.empty(count, np.int64)
    for place in range(count):
        place_of[path[place]] = place
    queue = path.copy()  # a ring: each point is in it at most once
    waiting = np.ones(count, np.bool_)
    first, length = 0, count
    touched = np.empty(8, np.int64)
    while length > 0:
        point = queue[first]
        first = (first + 1) % count
        length -= 1
        waiting[point] = False
        moved = _two_opt(points, candidates, path, place_of, point, least, touched)
        if moved == 0:
            moved = _or_opt(points, candidates, path, place_of, point, least, touched)
        for i in range(moved):
            other = touched[i]
            if other >= 0 and not waiting[other]:
                waiting[other] = True
                queue[(first + length) % count] = other
                length += 1


@helper
def _two_opt(points, candidates, path, place_of, a, least, touched):  # type: ignore[no-untyped-def]
    """Make ``a`` and one of its candidates neighbours by turning round the piece between; returns points touched."""
    i = place_of[a]
    for side in (1, -1):
        b = _at(path, i + side)  # the neighbour that a loses
        lost = _distance(points, a, b)
        for c in candidates[a]:
            to_c = _distance(points, a, c)
            if b >= 0 and to_c >= lost:
                break  # candidates come by distance
            j = place_of[c]
            d = _at(path, j + side)
            if c in (a, b) or d == a:
                continue
            if lost + _distance(points, c, d) - to_c - _distance(points, b, d) <= least or abs(i - j) > LONGEST:
                continue
            low, high = (min(i, j) + 1, max(i, j)) if side == 1 else (min(i, j), max(i, j) - 1)
            while low < high:
                path[low], path[high] = path[high], path[low]
                place_of[path[low]], place_of[path[high]] = low, high
                low, high = low + 1, high - 1
            place_of[path[low]] = low
            touched[0], touched[1], touched[2], touched[3] = a, b, c, d
            return 4
    return 0


@helper
def _or_opt(points, candidates, path, place_of, a, least, touched):  # type: ignore[no-untyped-def]
    """Move a piece of up to three points that ends in ``a`` to between a candidate and its neighbour."""
    i = place_of[a]
    piece = np.empty(LARGEST_SEGMENT, np.int64)
    for size in range(1, LARGEST_SEGMENT + 1):
        for side in (1, -1):
            if size == 1 and side == -1:
                continue
            low = i if side == 1 else i - size + 1  # the piece is path[low : low + size], a at one end
            high = low + size - 1
            if low < 0 or high >= len(path):
                continue
            e = path[high] if side == 1 else path[low]  # the other end
            p, n = _at(path, low - 1), _at(path, high + 1)
            freed = _distance(points, p, path[low]) + _distance(points, path[high], n) - _distance(points, p, n)
            for c in candidates[a]:
                to_c = _distance(points, a, c)
                if to_c >= freed:
                    break
                j = place_of[c]
                if low <= j <= high or abs(i - j) > LONGEST:
                    continue
                for beside in (1, -1):
                    x = _at(path, j + beside)
                    if low <= j + beside <= high:
                        continue
                    if freed - to_c - _distance(points, e, x) + _distance(points, c, x) <= least:
                        continue
                    for k in range(size):  # in the direction in which it will stand
                        forward = (side == 1) == (beside == 1)
                        piece[k] = path[low + k] if forward else path[high - k]
                    gap = max(j, j + beside)  # the piece comes before what stands here
                    _shift(path, place_of, low, size, gap)
                    start = gap if gap <= low else gap - size
                    for k in range(size):
                        path[start + k] = piece[k]
                        place_of[piece[k]] = start + k
                    touched[0], touched[1], touched[2] = a, e, c
                    touched[3], touched[4], touched[5] = x, p, n
                    return 6
    return 0


@helper
def _shift(path, place_of, low, size, gap):  # type: ignore[no-untyped-def]
    """Close the gap that path[low : low + size] leaves, and open one before what stands at ``gap``."""
    if gap <= low:
        for place in range(low - 1, gap - 1, -1):
            path[place + size] = path[place]
            place_of[path[place]] = place + size
    else:
        for place in range(low + size, gap):
            path[place - size] = path[place]
            place_of[path[place]] = place - size
