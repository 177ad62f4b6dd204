"""The highest edge to a neighbour in Triton, forward and backward: no neighbour's features are copied to memory.

Forward, a program has some points of a cloud and a block of channels. Backward, each gradient goes to the neighbour
that had the maximum by an atomic sum in float32: its last bit depends on timing.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

POINTS = 32  # of a program
MOST_CHANNELS = 64  # of a program


def edges_forward(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    """(B, M, C), (B, G, K) -> the highest edge (B, G, C), and which neighbour has it (B, G, C) uint8."""
    x, neighbours = x.contiguous(), neighbours.contiguous()
    edges = x.new_empty(*neighbours.shape[:2], x.shape[2])
    winner = torch.empty(edges.shape, dtype=torch.uint8, device=x.device)
    grid, constants = _cut(x, neighbours)
    with torch.cuda.device_of(x):
        _forward[grid](x, neighbours, edges, winner, *_sizes(x, neighbours), **constants)
    return edges, winner


def edges_backward(grad: Tensor, neighbours: Tensor, winner: Tensor, points: int) -> Tensor:
    """Gradient (B, G, C) -> (B, M, C) in its type."""
    grad, neighbours = grad.contiguous(), neighbours.contiguous()
    dx = torch.zeros(len(grad), points, grad.shape[2], dtype=torch.float32, device=grad.device)
    grid, constants = _cut(grad, neighbours)
    with torch.cuda.device_of(grad):
        _backward[grid](grad, neighbours, winner, dx, *_sizes(dx, neighbours), **constants)
    return dx.to(grad.dtype)


def _cut(x: Tensor, neighbours: Tensor) -> tuple[tuple[int, int, int], dict[str, int]]:
    """The grid of programs, and the constants of one."""
    channels = min(max(triton.next_power_of_2(x.shape[2]), 16), MOST_CHANNELS)
    batch, groups, _ = neighbours.shape
    grid = (triton.cdiv(groups, POINTS), triton.cdiv(x.shape[2], channels), batch)
    return grid, {"POINTS": POINTS, "CHANNELS": channels, "num_warps": 4}


def _sizes(x: Tensor, neighbours: Tensor) -> tuple[int, int, int, int]:
    """M, C, G, K."""
    return x.shape[1], x.shape[2], neighbours.shape[1], neighbours.shape[2]


@triton.jit
def _forward(  # type: ignore[no-untyped-def]
    x, neighbours, edges, winner, points, channels, groups, count, POINTS: tl.constexpr, CHANNELS: tl.constexpr
):  # fmt: skip
    cloud = tl.program_id(2).to(tl.int64)
    x += cloud * points * channels
    neighbours += cloud * groups * count
    g = tl.program_id(0) * POINTS + tl.arange(0, POINTS)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    there = (g < groups)[:, None] & (c < channels)[None, :]
    best = tl.full((POINTS, CHANNELS), float("-inf"), tl.float32)
    who = tl.zeros((POINTS, CHANNELS), tl.int32)
    for k in range(count):
        row = tl.load(neighbours + g * count + k, g < groups, 0)
        value = tl.load(x + row[:, None] * channels + c[None, :], there, 0.0).to(tl.float32)
        better = (value > best) | ((value != value) & (best == best))  # the first NaN stays
        best = tl.where(better, value, best)
        who = tl.where(better, k, who)
    own = tl.load(x + g[:, None] * channels + c[None, :], there, 0.0).to(tl.float32)
    place = cloud * groups * channels + g[:, None] * channels + c[None, :]
    tl.store(edges + place, (best - own).to(edges.dtype.element_ty), there)
    tl.store(winner + place, who.to(tl.uint8), there)


@triton.jit
def _backward(  # type: ignore[no-untyped-def]
    grad, neighbours, winner, dx, points, channels, groups, count, POINTS: tl.constexpr, CHANNELS: tl.constexpr
):  # fmt: skip
    cloud = tl.program_id(2).to(tl.int64)
    neighbours += cloud * groups * count
    dx += cloud * points * channels
    g = tl.program_id(0) * POINTS + tl.arange(0, POINTS)
    c = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    there = (g < groups)[:, None] & (c < channels)[None, :]
    place = cloud * groups * channels + g[:, None] * channels + c[None, :]
    slope = tl.load(grad + place, there, 0.0).to(tl.float32)
    who = tl.load(winner + place, there, 0).to(tl.int32)
    row = tl.load(neighbours + g[:, None] * count + who, there, 0)
    tl.atomic_add(dx + row * channels + c[None, :], slope, there, sem="relaxed")
    tl.atomic_add(dx + g[:, None] * channels + c[None, :], -slope, there, sem="relaxed")
