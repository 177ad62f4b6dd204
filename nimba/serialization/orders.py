"""The one door to every order: ``serialize`` and ``inverse``."""

import difflib

import torch
from torch import Tensor

from nimba.errors import InputError
from nimba.serialization.curves import CURVES, MAX_BITS, quantize
from nimba.serialization.ties import AXES, lexicographic_order
from nimba.serialization.walk import VARIANTS, walk

ORDERS = ("nimba", "axis", "random", "morton", "hilbert")


def serialize(
    points: Tensor,
    order: str = "nimba",
    r: float = 0.8,
    axis: str = "y",
    start: str | int = "low",
    variant: str = "first",
    bits: int = 10,
    seed: int = 0,
    check: bool = True,
) -> Tensor:
    """Order each cloud into one path.

    Every order is a permutation, deterministic, and depends neither on the order of the input points (ties fall to the
    coordinates) nor on the other clouds of the batch.

    Args:
        points: (B, N, 3) or (N, 3) floating point, finite, on any device.
        order: "nimba" (Köprücü et al., arXiv 2411.00151, section 3.3.2), or a control: "axis" (sort along ``axis``),
            "random" (one seeded shuffle of the sorted cloud), "morton", "hilbert".
        r: for "nimba", the wanted bound on a step, in the units of the points; 0.8 suits clouds in [-1, 1]^3.
        axis: for "nimba" and "axis", the axis to sort along: "x", "y" or "z".
        start: where the path begins on the sorted axis: "low", "high" (the sort is then descending), or the rank of the
            point to begin with, 0 being the lowest; the others stay sorted.
        variant: for "nimba", how a centre within r is fetched: "first" (the first along the sort), "nearest", or "swap"
            (the first, exchanged with the one in its way).
        bits: for "morton" and "hilbert", the fixed depth of the grid, 1 to 21.
        seed: for "random".
        check: refuse NaN and infinity. On CUDA the check waits for the device; a training loop may switch it off.

    Returns:
        (B, N) int64, or (N,) for a single cloud: ``points[order]`` is the path.

    Raises:
        InputError: naming the argument that is out of range, or points that are not finite.
    """
    _check_arguments(points, order, r, axis, start, variant, bits, check)
    single = points.ndim == 2
    batch = points[None] if single else points  # (B, N, 3)
    batch = batch.detach()
    if order in CURVES:
        permutation = _curve_order(batch, order, bits)
    elif order == "random":
        permutation = _random_order(batch, seed)
    else:
        permutation = _sorted_from(batch, axis, start)
        if order == "nimba":
            path = walk(batch.gather(1, permutation[..., None].expand(-1, -1, 3)), r, variant)
            permutation = permutation.gather(1, path)
    return permutation[0] if single else permutation


def inverse(permutation: Tensor) -> Tensor:
    """The inverse of each permutation: (..., N) int64 -> (..., N) int64, with ``p[inverse(p)] == arange``."""
    places = torch.arange(permutation.shape[-1], device=permutation.device).expand_as(permutation)
    return torch.empty_like(permutation).scatter_(-1, permutation, places)


def _sorted_from(points: Tensor, axis: str, start: str | int) -> Tensor:
    permutation = lexicographic_order(points, axis)  # (B, N)
    if start == "high":
        return permutation.flip(1)
    rank = 0 if start == "low" else int(start)
    return torch.cat([permutation[:, rank : rank + 1], permutation[:, :rank], permutation[:, rank + 1 :]], 1)


def _curve_order(points: Tensor, order: str, bits: int) -> Tensor:
    base = lexicographic_order(points)  # points that share a cell stay in the order of their coordinates
    codes = CURVES[order](quantize(points, bits), bits)  # (B, N)
    return base.gather(1, codes.gather(1, base).argsort(dim=1, stable=True))  # (B, N)


def _random_order(points: Tensor, seed: int) -> Tensor:
    shuffle = torch.randperm(points.shape[1], generator=torch.Generator().manual_seed(seed))
    return lexicographic_order(points)[:, shuffle.to(points.device)]  # (B, N)


def _check_arguments(
    points: Tensor, order: str, r: float, axis: str, start: str | int, variant: str, bits: int, check: bool
) -> None:
    if points.ndim not in (2, 3) or points.shape[-1] != 3 or not points.is_floating_point():
        shape = tuple(points.shape)
        raise InputError(f"points: expected a floating-point (B, N, 3) or (N, 3) tensor, got {points.dtype} {shape}")
    if check and not bool(torch.isfinite(points).all()):
        raise InputError("points: NaN or infinite coordinates have no place in an order; remove them first")
    check_settings(order, r, axis, start, variant, bits)
    if isinstance(start, int) and start >= max(points.shape[-2], 1):
        raise InputError(f"start: rank {start} is past the last of {points.shape[-2]} points")


def check_settings(order: str, r: float, axis: str, start: str | int, variant: str, bits: int) -> None:
    """Refuse settings that no cloud could be serialized with.

    Raises:
        InputError: naming the argument, with the nearest known name where one was misspelt.
    """
    for name, value, known in (("order", order, ORDERS), ("axis", axis, AXES), ("variant", variant, VARIANTS)):
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"{name}: {value!r} is not one of {', '.join(known)}{hint}")
    if not r > 0:
        raise InputError(f"r: the bound on a step must be positive, got {r}")
    if not 1 <= bits <= MAX_BITS:
        raise InputError(f"bits: the depth of the grid must be 1 to {MAX_BITS}, got {bits}")
    if not (start in ("low", "high") or (isinstance(start, int) and start >= 0)):
        raise InputError(f"start: {start!r} is neither 'low', 'high' nor a rank from 0 on")
