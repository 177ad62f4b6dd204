"""k nearest neighbours of centres, exact, with ties by coordinates."""

import torch
from torch import Tensor

from nimba.geometry.sampling import squared_distance
from nimba.geometry.ties import lexicographic_order
from nimba.runtime.compiled import compiled_kernels_take
from nimba.runtime.operators import define_operator
from nimba.runtime.optional import triton_takes


def k_nearest(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """The k points nearest to each centre, nearest first; ties fall to the lowest coordinates.

    In a cloud of fewer than k points the neighbours are repeated from the nearest on.

    Args:
        points: (B, N, 3) floating point, N >= 1.
        centres: (B, G, 3).
        k: K.

    Returns:
        (B, G, K) int64, indices into the points.
    """
    found = min(k, points.shape[1])
    nearest = torch.ops.nimba.k_nearest(points.detach(), centres.detach(), found)  # (B, G, min(K, N))
    return nearest[..., torch.arange(k, device=points.device) % found]  # (B, G, K)


def _search(points: Tensor, centres: Tensor, k: int) -> Tensor:
    if compiled_kernels_take(points):
        from nimba.geometry.neighbours_cpu import knn_cpu  # numba is imported on first use

        return torch.from_numpy(knn_cpu(points.contiguous().numpy(), centres.contiguous().numpy(), k))
    if triton_takes(points) and centres.dtype == points.dtype:
        from nimba.geometry.neighbours_triton import knn_triton  # so is triton

        return knn_triton(points, centres, k)
    return knn_batched(points, centres, k)


def knn_batched(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """Neighbours by a stable sort of all distances: the readable reference, and the version for other devices."""
    order = lexicographic_order(points.detach())  # (B, N)
    points = points.detach().gather(1, order[..., None].expand(-1, -1, 3))  # (B, N, 3)
    distance = squared_distance(points[:, None], centres.detach()[:, :, None])  # (B, G, N)
    nearest = distance.argsort(dim=2, stable=True)[..., :k]  # (B, G, K)
    return order[:, None].expand(-1, centres.shape[1], -1).gather(2, nearest)  # (B, G, K)


define_operator(
    "k_nearest(Tensor points, Tensor centres, int k) -> Tensor",
    _search,
    lambda points, centres, k: points.new_empty(*centres.shape[:2], k, dtype=torch.int64),
    cpu_only=False,
)
