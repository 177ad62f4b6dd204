"""kNN compiled for the CPU: each centre keeps a sorted list of its k best while it passes over the cloud."""

import numpy as np
from numba import njit, prange

from nimba.kernels import use_torch_threads
from nimba.tokens.large_cpu import knn_large, worth_sorting
from nimba.tokens.sampling_cpu import lower


def knn_cpu(points: np.ndarray, centres: np.ndarray, k: int) -> np.ndarray:
    """(B, N, 3) and (B, G, 3) float32, C-contiguous -> (B, G, K) int64, K <= N; equal to ``knn_batched``."""
    if worth_sorting(points, centres.shape[1]):
        return knn_large(points, centres, k)
    use_torch_threads()
    nearest = np.empty((*centres.shape[:2], k), np.int64)
    _knn_batch(points, centres, nearest)
    return nearest


@njit(parallel=True, cache=True)
def _knn_batch(points, centres, nearest):  # type: ignore[no-untyped-def]
    for b in prange(len(points)):
        x, y, z = points[b, :, 0].copy(), points[b, :, 1].copy(), points[b, :, 2].copy()
        distance = np.empty(len(x), np.float32)
        best = np.empty(nearest.shape[2], np.float32)
        for g in range(centres.shape[1]):
            cx, cy, cz = centres[b, g]
            for i in range(len(x)):
                dx, dy, dz = x[i] - cx, y[i] - cy, z[i] - cz
                distance[i] = dx * dx + dy * dy + dz * dz
            _select(distance, x, y, z, best, nearest[b, g])


@njit(cache=True)
def _select(distance, x, y, z, best, chosen):  # type: ignore[no-untyped-def]
    """Insertion into the sorted list of the k nearest so far; most points fail the first comparison."""
    k = len(chosen)
    size = 0
    for i in range(len(distance)):
        d = distance[i]
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
