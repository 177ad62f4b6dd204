"""NIMBA's walk in Triton: one program a cloud, whose points stay in its registers; one reduction a step."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from nimba.geometry.points_triton import INT32_MAX, ROUNDED, block_of, load_points, rank_distance, squared_norm, warps

INT64_MAX = tl.constexpr(2**63 - 1)


def walk_triton(points: Tensor, r: float, variant: str = "first") -> Tensor:
    """(B, N, 3) float32, sorted, N at most ``TRITON_POINTS`` -> (B, N) int64; equal to ``walk_batched``."""
    batch, count, _ = points.shape
    order = torch.zeros(batch, count, dtype=torch.int64, device=points.device)
    limit = torch.tensor(r, dtype=torch.float32).square().item()  # computed on the CPU, in the precision of the points
    block = block_of(count)
    with torch.cuda.device_of(points):
        _walk[(batch,)](
            *(points.contiguous(), order, limit, count),
            NEAREST=variant == "nearest",
            SWAP=variant == "swap",
            BLOCK=block,
            num_warps=warps(block),
            **ROUNDED,
        )
    return order


@triton.jit
def _walk(  # type: ignore[no-untyped-def]
    points, order, limit, count, NEAREST: tl.constexpr, SWAP: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    cloud = tl.program_id(0).to(tl.int64)
    points += cloud * count * 3
    order += cloud * count
    i = tl.arange(0, BLOCK)
    x, y, z = load_points(points, i, i < count)
    ahead = (i > 0) & (i < count)  # not placed yet
    seat = i  # place of each of them in the sequence; only swaps change it
    chosen = 0
    for place in range(1, count):
        cx, cy, cz = load_points(points, chosen, True)
        distance = squared_norm(x - cx, y - cy, z - cz)
        near = distance < limit
        if NEAREST:
            chosen = _next_or_nearest(distance, near, ahead, i)
        else:
            # What is near comes first, then the rest, both by seat. The lowest digit says which point it is.
            key = (tl.where(near, 0, BLOCK) + seat) * BLOCK + i
            best = tl.min(tl.where(ahead, key, INT32_MAX), 0)
            chosen = best % BLOCK
            if SWAP:
                seat = tl.where(seat == place, best // BLOCK % BLOCK, seat)
        ahead = ahead & (i != chosen)
        tl.store(order + place, chosen)


@triton.jit
def _next_or_nearest(distance, near, ahead, i):  # type: ignore[no-untyped-def]
    """The first point ahead if it is near, else the nearest of the near (of equals the first), else the first."""
    first = tl.min(tl.where(ahead, 2 * i + tl.where(near, 0, 1), INT32_MAX), 0)
    key = tl.where(near, rank_distance(distance), INT32_MAX).to(tl.int64) << 32
    nearest = tl.min(tl.where(ahead, key + i, INT64_MAX), 0).to(tl.int32)
    return tl.where(first % 2 == 0, first // 2, nearest)
