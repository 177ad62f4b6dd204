"""Farthest point sampling (FPS; Eldar et al. 1997, PointNet++) that does not depend on the order of the points."""

import torch
from torch import Tensor

from nimba.geometry.checks import require_clouds, require_finite
from nimba.geometry.ties import lexicographic_order
from nimba.runtime.compiled import compiled_kernels_take
from nimba.runtime.errors import InputError
from nimba.runtime.operators import define_operator
from nimba.runtime.optional import triton_takes


def farthest_point_sampling(points: Tensor, num_centres: int) -> Tensor:
    """Choose centres, each the point farthest from all chosen before.

    The first is the point farthest from the middle of the bounding box (minimum and maximum are exact in any order of
    the points, a mean is not); ties fall to the lowest coordinates. With fewer distinct points than centres, the lowest
    point is repeated.

    Args:
        points: (B, N, 3) floating point, N >= 1, finite; on CUDA, where a look would wait for the device, NaN and
            infinity are not looked for, and the choice among such points means nothing.
        num_centres: G >= 1.

    Returns:
        (B, G) int64, indices into the points.

    Raises:
        InputError: naming the argument that is of a wrong shape, out of range or not finite.
    """
    points = require_clouds("points", points)
    if points.shape[1] == 0:
        raise InputError("points: a cloud without points has no centres")
    if num_centres < 1:
        raise InputError(f"num_centres: must be 1 or more, got {num_centres}")
    return torch.ops.nimba.farthest_point_sampling(points, num_centres)


def _sample(points: Tensor, num_centres: int) -> Tensor:
    if points.device.type == "cpu":
        require_finite("points", points)
    if compiled_kernels_take(points):
        from nimba.geometry.sampling_cpu import fps_cpu  # numba is imported on first use

        return torch.from_numpy(fps_cpu(points.contiguous().numpy(), num_centres))
    if triton_takes(points):
        from nimba.geometry.sampling_triton import fps_triton  # so is triton

        return fps_triton(points, num_centres)
    return fps_batched(points, num_centres)


def fps_batched(points: Tensor, num_centres: int) -> Tensor:
    """FPS in plain torch operations: the readable reference, and the version for other devices.

    The points are sorted by coordinates first: ``argmax``, which takes the first of equals, breaks ties by them.
    """
    points = points.detach()
    order = lexicographic_order(points)  # (B, N)
    points = points.gather(1, order[..., None].expand(-1, -1, 3))  # (B, N, 3)
    middle = (points.amin(1) + points.amax(1)) * 0.5  # (B, 3)
    rows = torch.arange(len(points), device=points.device)
    chosen = torch.empty(len(points), num_centres, dtype=torch.int64, device=points.device)
    nearest = torch.full(points.shape[:2], torch.inf, dtype=points.dtype, device=points.device)  # (B, N)
    farthest = squared_distance(points, middle[:, None]).argmax(1)  # (B,)
    for i in range(num_centres):
        chosen[:, i] = farthest
        nearest = torch.minimum(nearest, squared_distance(points, points[rows, farthest][:, None]))
        farthest = nearest.argmax(1)
    return order.gather(1, chosen)  # (B, G)


def squared_distance(a: Tensor, b: Tensor) -> Tensor:
    """|a - b|^2 over the last axis of size 3, summed in the order x, y, z on every device, so that versions agree."""
    dx, dy, dz = (a - b).unbind(-1)
    return dx * dx + dy * dy + dz * dz


define_operator(
    "farthest_point_sampling(Tensor points, int num_centres) -> Tensor",
    _sample,
    lambda points, num_centres: points.new_empty(points.shape[0], num_centres, dtype=torch.int64),
    cpu_only=False,
)
