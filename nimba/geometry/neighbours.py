"""k nearest neighbours of centres, exact, with ties by coordinates."""

import torch
from torch import Tensor

from nimba.geometry.checks import require_clouds, require_finite
from nimba.geometry.sampling import squared_distance
from nimba.geometry.ties import lexicographic_order
from nimba.runtime.compiled import compiled_kernels_take
from nimba.runtime.errors import InputError
from nimba.runtime.operators import define_operator
from nimba.runtime.optional import triton_takes

AT_ONCE = 1 << 26  # distances that the plain version holds: 1.5 GiB with what their sort needs


def k_nearest(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """The k points nearest to each centre, nearest first; ties fall to the lowest coordinates.

    In a cloud of fewer than k points the neighbours are repeated from the nearest on.

    Args:
        points: (B, N, 3) floating point, N >= 1, finite; as in ``farthest_point_sampling``, that is not looked at on
            CUDA.
        centres: (B, G, 3), in the precision of the points, finite.
        k: K >= 1.

    Returns:
        (B, G, K) int64, indices into the points.

    Raises:
        InputError: naming the argument that is of a wrong shape, out of range or not finite.
    """
    points, centres = require_clouds("points", points), require_clouds("centres", centres)
    if points.shape[1] == 0:
        raise InputError("points: a cloud without points has no neighbours")
    if centres.shape[0] != points.shape[0] or centres.dtype != points.dtype:
        raise InputError(
            f"centres: expected {points.shape[0]} clouds of {points.dtype} as the points are, "
            f"got {centres.shape[0]} of {centres.dtype}"
        )
    if k < 1:
        raise InputError(f"k: must be 1 or more, got {k}")
    if k <= points.shape[1]:
        return torch.ops.nimba.k_nearest(points, centres, k)
    nearest = torch.ops.nimba.k_nearest(points, centres, points.shape[1])  # (B, G, N)
    return nearest[..., torch.arange(k, device=points.device) % points.shape[1]]  # (B, G, K)


def _search(points: Tensor, centres: Tensor, k: int) -> Tensor:
    if points.device.type == "cpu":
        require_finite("points", points)
        require_finite("centres", centres)
    if compiled_kernels_take(points):
        from nimba.geometry.neighbours_cpu import knn_cpu  # numba is imported on first use

        return torch.from_numpy(knn_cpu(points.contiguous().numpy(), centres.contiguous().numpy(), k))
    if triton_takes(points):
        from nimba.geometry.neighbours_triton import knn_triton  # so is triton

        return knn_triton(points, centres, k)
    return knn_batched(points, centres, k)


def knn_batched(points: Tensor, centres: Tensor, k: int, at_once: int = AT_ONCE) -> Tensor:
    """Neighbours by a stable sort of all distances: the readable reference, and the version for other devices.

    Centres are taken so many at a time that there are about ``at_once`` distances, but one at least.
    """
    order = lexicographic_order(points.detach())  # (B, N)
    points = points.detach().gather(1, order[..., None].expand(-1, -1, 3))  # (B, N, 3)
    found = [
        _nearest(points, some, k).flatten(1)  # (B, g K)
        for some in centres.detach().split(max(at_once // max(points.shape[0] * points.shape[1], 1), 1), dim=1)
    ]
    return order.gather(1, torch.cat(found, 1)).unflatten(1, (centres.shape[1], k))  # (B, G, K)


def _nearest(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """(B, N, 3), (B, G, 3) -> (B, G, K), places in the points; of equals the first."""
    distance = squared_distance(points[:, None], centres[:, :, None])  # (B, G, N)
    return distance.argsort(dim=2, stable=True)[..., :k]


define_operator(
    "k_nearest(Tensor points, Tensor centres, int k) -> Tensor",
    _search,
    lambda points, centres, k: points.new_empty(*centres.shape[:2], k, dtype=torch.int64),
    cpu_only=False,
)
