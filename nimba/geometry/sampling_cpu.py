"""FPS compiled for the CPU: one thread a cloud, coordinates in three contiguous rows."""

import numpy as np

from nimba.geometry.large_cpu import fps_large, worth_sorting
from nimba.runtime.kernels import helper, kernel, share


def fps_cpu(points: np.ndarray, num_centres: int) -> np.ndarray:
    """(B, N, 3) float32, C-contiguous -> (B, G) int64; equal to ``fps_batched``."""
    if worth_sorting(points, num_centres):
        return fps_large(points, num_centres)
    chosen = np.zeros((len(points), num_centres), np.int64)
    _fps_batch(points, chosen)
    return chosen


@kernel
def _fps_batch(team, points, chosen):  # type: ignore[no-untyped-def]
    for b in share(team, len(points)):
        _fps_one(points[b, :, 0].copy(), points[b, :, 1].copy(), points[b, :, 2].copy(), chosen[b])


@helper
def lower(x, y, z, i, j):  # type: ignore[no-untyped-def]
    """Whether point i comes before point j by coordinates; of equal points, the first of the input."""
    if x[i] != x[j]:
        return x[i] < x[j]
    if y[i] != y[j]:
        return y[i] < y[j]
    if z[i] != z[j]:
        return z[i] < z[j]
    return i < j


@helper
def _farthest(distance, x, y, z):  # type: ignore[no-untyped-def]
    best = 0
    for i in range(1, len(distance)):
        if distance[i] > distance[best] or (distance[i] == distance[best] and lower(x, y, z, i, best)):
            best = i
    return best


@helper
def _middle(x):  # type: ignore[no-untyped-def]
    """Halfway between the least and the greatest."""
    least = greatest = x[0]
    for value in x:
        least, greatest = min(least, value), max(greatest, value)
    return (least + greatest) * np.float32(0.5)


@helper
def _fps_one(x, y, z, chosen):  # type: ignore[no-untyped-def]
    mx, my, mz = _middle(x), _middle(y), _middle(z)
    nearest = np.empty(len(x), np.float32)
    for i in range(len(x)):
        dx, dy, dz = x[i] - mx, y[i] - my, z[i] - mz
        nearest[i] = dx * dx + dy * dy + dz * dz
    farthest = _farthest(nearest, x, y, z)
    nearest[:] = np.inf
    for g in range(len(chosen)):
        chosen[g] = farthest
        cx, cy, cz = x[farthest], y[farthest], z[farthest]
        for i in range(len(x)):
            dx, dy, dz = x[i] - cx, y[i] - cy, z[i] - cz
            nearest[i] = min(nearest[i], dx * dx + dy * dy + dz * dz)
        farthest = _farthest(nearest, x, y, z)
