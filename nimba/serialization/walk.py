"""NIMBA's order: a walk over the sorted cloud, on any device."""

import torch
from torch import Tensor

from nimba.geometry.ties import compiled, lexicographic_order
from nimba.runtime.optional import triton_takes
from nimba.serialization.registry import register
from nimba.serialization.settings import VARIANTS, OrderSettings
from nimba.serialization.through_cpu import better_through_cpu


@register("nimba", "r", "axis", "start", "variant")
def nimba_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Up an axis, but on to a point within r wherever there is one (NIMBA, arXiv 2411.00151, section 3.3.2)."""
    permutation = sorted_from(points, settings.axis, settings.start)  # (B, N)
    ordered = points.gather(1, permutation[..., None].expand(-1, -1, 3))  # (B, N, 3)
    return permutation.gather(1, walk(ordered, settings.r, settings.variant))


def sorted_from(points: Tensor, axis: str, start: str | int) -> Tensor:
    """Sort along ``axis``, beginning as ``serialize`` explains ``start``: (B, N, 3) -> (B, N)."""
    permutation = lexicographic_order(points, axis)  # (B, N)
    if start == "high":
        return permutation.flip(1)
    rank = 0 if start == "low" else int(start)
    return torch.cat([permutation[:, rank : rank + 1], permutation[:, :rank], permutation[:, rank + 1 :]], 1)


def walk(points: Tensor, r: float, variant: str = "first") -> Tensor:
    """Order clouds that are already sorted along the axis; see ``walk_reference`` for the rule.

    Args:
        points: (B, N, 3) floating point, sorted.
        r: the wanted bound on a step, strict.
        variant: "first", "nearest" or "swap".

    Returns:
        (B, N) int64, positions in ``points``.
    """
    if compiled(points):
        from nimba.serialization.walk_cpu import walk_cpu  # numba is imported on first use

        return torch.from_numpy(walk_cpu(points.detach().contiguous().numpy(), r, VARIANTS.index(variant)))
    if triton_takes(points):
        from nimba.serialization.walk_triton import walk_triton  # so is triton

        return walk_triton(points.detach(), r, variant)
    if better_through_cpu(points.device.type, points.shape[1]):
        return walk(points.detach().cpu(), r, variant).to(points.device)
    return walk_batched(points, r, variant)


def walk_batched(points: Tensor, r: float, variant: str = "first") -> Tensor:
    """The walk in plain torch operations, all clouds at once: N dependent steps of (B, N) work."""
    batch, count, _ = points.shape
    rows = torch.arange(batch, device=points.device)
    limit = torch.tensor(r, dtype=points.dtype, device=points.device).square()
    sequence = torch.arange(count, device=points.device).repeat(batch, 1)  # (B, N)
    for place in range(count - 1):
        ahead = sequence[:, place + 1 :]  # (B, M), a view: M = N - place - 1
        here = points[rows, sequence[:, place]]  # (B, 3)
        dx, dy, dz = (points[rows[:, None], ahead] - here[:, None]).unbind(-1)  # 3 x (B, M)
        distance = dx * dx + dy * dy + dz * dz  # (B, M)
        near = distance < limit
        hit = near.int().argmax(1)  # (B,) the first hit; 0, which changes nothing, where there is none
        if variant == "nearest":
            nearest = torch.where(near, distance, torch.inf).argmin(1)
            hit = torch.where(near[:, 0], 0, torch.where(near.any(1), nearest, 0))
        fetched = ahead[rows, hit].clone()
        if variant == "swap":
            ahead[rows, hit] = ahead[:, 0].clone()
        else:  # shift what lies before the hit by one place
            shifted = torch.cat([fetched[:, None], ahead[:, :-1]], 1)
            before = torch.arange(ahead.shape[1], device=points.device) <= hit[:, None]
            ahead.copy_(torch.where(before, shifted, ahead))
        ahead[:, 0] = fetched
    return sequence
