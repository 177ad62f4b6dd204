"""Sorting that settles ties by coordinates: what makes an ordering independent of the order of its input."""

import torch
from torch import Tensor

from nimba.runtime.compiled import compiled_kernels_take

AXES = ("x", "y", "z")


def lexicographic_order(points: Tensor, axis: str = "x") -> Tensor:
    """Sort each cloud along one axis; ties fall to the other two axes, in the order x, y, z.

    Points equal in all three coordinates keep their input order, which nobody can tell apart by coordinates.

    Args:
        points: (B, N, 3).
        axis: "x", "y" or "z", the leading key.

    Returns:
        (B, N) int64, a permutation of each cloud.
    """
    lead = AXES.index(axis)
    others = [other for other in range(3) if other != lead]
    keys = (lead, others[0], others[1])
    if compiled(points):
        from nimba.geometry.sorting_cpu import argsort_axis  # numba is imported on first use

        return torch.from_numpy(argsort_axis(points.detach().contiguous().numpy(), keys))
    return lexicographic_sort(points, keys)


def lexicographic_sort(points: Tensor, keys: tuple[int, ...]) -> Tensor:
    """The sort in plain torch operations, by coordinates ``keys``, the leading one first: (B, N, 3) -> (B, N)."""
    order = points[..., keys[-1]].argsort(dim=1, stable=True)  # (B, N)
    for key in reversed(keys[:-1]):  # least significant key first: each later stable sort keeps it among ties
        order = order.gather(1, points[..., key].gather(1, order).argsort(dim=1, stable=True))  # (B, N)
    return order


def order_by_codes(points: Tensor, codes: Tensor, code_bits: int) -> Tensor:
    """Sort each cloud by integer codes, equal codes by coordinates.

    Args:
        points: (B, N, 3).
        codes: (B, N) int64 from 0 to 2^code_bits - 1.
        code_bits: at most 63.

    Returns:
        (B, N) int64, a permutation of each cloud.
    """
    if compiled(points):
        from nimba.geometry.sorting_cpu import argsort_codes

        words = codes.contiguous().numpy().view("uint64")
        return torch.from_numpy(argsort_codes(words, code_bits, points.detach().contiguous().numpy(), (0, 1, 2)))
    base = lexicographic_order(points)
    return base.gather(1, codes.gather(1, base).argsort(dim=1, stable=True))  # (B, N)


def compiled(points: Tensor) -> bool:
    """Whether the compiled CPU versions take these points."""
    return compiled_kernels_take(points, types=(torch.float32, torch.float64))
