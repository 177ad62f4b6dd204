"""kNN compiled for the CPU: each centre keeps a sorted list of its k best while it passes over the cloud."""

import numpy as np

from nimba.geometry.large_cpu import knn_large, worth_sorting
from nimba.geometry.sampling_cpu import lower
from nimba.runtime.kernels import helper, kernel, share

GROUPS = 2  # groups of points for each of the k, whose minima bound the k-th distance


def knn_cpu(points: np.ndarray, centres: np.ndarray, k: int) -> np.ndarray:
    """(B, N, 3) and (B, G, 3) float32, C-contiguous -> (B, G, K) int64, K <= N; equal to ``knn_batched``."""
    if worth_sorting(points, centres.shape[1]):
        return knn_large(points, centres, k)
    nearest = np.zeros((*centres.shape[:2], k), np.int64)
    _knn_batch(points, centres, nearest)
    return nearest


@kernel
def _knn_batch(team, points, centres, nearest):  # type: ignore[no-untyped-def]
    for b in share(team, len(points)):
        x, y, z = points[b, :, 0].copy(), points[b, :, 1].copy(), points[b, :, 2].copy()
        distance = np.empty(len(x), np.float32)
        best = np.empty(nearest.shape[2], np.float32)
        lowest = np.empty(GROUPS * nearest.shape[2], np.float32)
        for g in range(centres.shape[1]):
            cx, cy, cz = centres[b, g]
            for i in range(len(x)):
                dx, dy, dz = x[i] - cx, y[i] - cy, z[i] - cz
                distance[i] = dx * dx + dy * dy + dz * dz
            _select(distance, _bound(distance, len(best), lowest), x, y, z, best, nearest[b, g])


@helper
def _bound(distance, k, lowest):  # type: ignore[no-untyped-def]
    """A distance that at least k points do not exceed: the k-th lowest of the minima of groups of points.

    A group is every len(lowest)-th point, for neighbours often follow each other.
    """
    size = len(lowest)
    if len(distance) < 2 * size:
        return np.float32(np.inf)
    for j in range(size):
        lowest[j] = distance[j]
    for first in range(size, len(distance) - size + 1, size):
        for j in range(size):
            lowest[j] = min(lowest[j], distance[first + j])
    low, high, wanted = 0, size - 1, k - 1
    while low < high:  # quickselect
        pivot = lowest[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while lowest[i] < pivot:
                i += 1
            while lowest[j] > pivot:
                j -= 1
            if i <= j:
                lowest[i], lowest[j] = lowest[j], lowest[i]
                i, j = i + 1, j - 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return lowest[wanted]


@helper
def _select(distance, bound, x, y, z, best, chosen):  # type: ignore[no-untyped-def]
    """Insertion into the sorted list of the k nearest so far; most points exceed the bound."""
    k = len(chosen)
    size = 0
    for i in range(len(distance)):
        d = distance[i]
        if d > bound:
            continue
        if size == k and (d > best[k - 1] or (d == best[k - 1] and not lower(x, y, z, i, chosen[k - 1]))):
            continue
        place = size if size < k else k - 1
        while place > 0 and (d < best[place - 1] or (d == best[place - 1] and lower(x, y, z, i, chosen[place - 1]))):
            best[place] = best[place - 1]
            chosen[place] = chosen[place - 1]
            place -= 1
        best[place] = d
        chosen[place] = i
        size = min(size + 1, k)
