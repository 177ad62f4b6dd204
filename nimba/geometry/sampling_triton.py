"""FPS in Triton: one program a cloud, whose points stay in its registers while it chooses centre after centre."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from nimba.geometry.points_triton import INT32_MAX, ROUNDED, block_of, load_points, rank_distance, squared_norm, warps
from nimba.geometry.selection_triton import lowest


def fps_triton(points: Tensor, num_centres: int) -> Tensor:
    """(B, N, 3) float32, N at most ``TRITON_POINTS`` -> (B, G) int64; equal to ``fps_batched``."""
    batch, count, _ = points.shape
    chosen = torch.empty(batch, num_centres, dtype=torch.int64, device=points.device)
    block = block_of(count)
    with torch.cuda.device_of(points):
        _fps[(batch,)](points.contiguous(), chosen, count, num_centres, BLOCK=block, num_warps=warps(block), **ROUNDED)
    return chosen


@triton.jit
def _fps(points, chosen, count, centres, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    cloud = tl.program_id(0).to(tl.int64)
    points += cloud * count * 3
    chosen += cloud * centres
    i = tl.arange(0, BLOCK)
    there = i < count
    x, y, z = load_points(points, i, there)
    nearest = squared_norm(x - _middle(x, there), y - _middle(y, there), z - _middle(z, there))
    farthest = _farthest(nearest, x, y, z, i, there)
    nearest = tl.full((BLOCK,), float("inf"), tl.float32)
    for g in range(centres):
        tl.store(chosen + g, farthest)
        cx, cy, cz = load_points(points, farthest, True)
        distance = squared_norm(x - cx, y - cy, z - cz)
        nearest = tl.minimum(nearest, distance, propagate_nan=tl.PropagateNan.ALL)
        farthest = _farthest(nearest, x, y, z, i, there)


@triton.jit
def _middle(value, there):  # type: ignore[no-untyped-def]
    """The middle between lowest and highest, NaN if any value is."""
    low = tl.min(tl.where(there, value, float("inf")), 0)
    high = tl.max(tl.where(there, value, float("-inf")), 0)
    missing = tl.max((value != value).to(tl.int32), 0)
    return tl.where(missing > 0, float("nan"), (low + high) * 0.5)


@triton.jit
def _farthest(distance, x, y, z, i, there):  # type: ignore[no-untyped-def]
    return lowest(tl.where(there, -rank_distance(distance), INT32_MAX), x, y, z, i)
