"""kNN in Triton: one program a centre, which takes the nearest point of those left, k times."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from nimba.geometry.points_triton import INT32_MAX, ROUNDED, block_of, load_points, rank_distance, squared_norm, warps
from nimba.geometry.selection_triton import lowest

POINTS_PER_WARP = 1024  # there are many more programs than in FPS: few warps each, which wait less for each other


def knn_triton(points: Tensor, centres: Tensor, k: int) -> Tensor:
    """(B, N, 3) float32, N at most ``TRITON_POINTS``, (B, G, 3) -> (B, G, K) int64; K <= N; as ``knn_batched``."""
    batch, count, _ = points.shape
    groups = centres.shape[1]
    nearest = torch.empty(batch, groups, k, dtype=torch.int64, device=points.device)
    block = block_of(count)
    with torch.cuda.device_of(points):
        _knn[(batch * groups,)](
            *(points.contiguous(), centres.contiguous(), nearest, count, groups, k),
            BLOCK=block,
            num_warps=warps(block, POINTS_PER_WARP),
            **ROUNDED,
        )
    return nearest


@triton.jit
def _knn(points, centres, nearest, count, groups, k, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    centre = tl.program_id(0).to(tl.int64)
    points += centre // groups * count * 3
    nearest += centre * k
    i = tl.arange(0, BLOCK)
    there = i < count
    x, y, z = load_points(points, i, there)
    cx, cy, cz = load_points(centres, centre, True)
    key = tl.where(there, rank_distance(squared_norm(x - cx, y - cy, z - cz)), INT32_MAX)
    for place in range(k):
        found = lowest(key, x, y, z, i)
        tl.store(nearest + place, found)
        key = tl.where(i == found, INT32_MAX, key)
