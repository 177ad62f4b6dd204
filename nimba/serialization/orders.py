"""The entry point to every order: ``serialize`` and ``inverse``."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nimba.geometry.checks import require_finite
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError
from nimba.runtime.operators import define_operator
from nimba.serialization import controls, curves, greedy, grids, short, spectral, walk  # noqa: F401 - they register
from nimba.serialization.inputs import as_tensor
from nimba.serialization.registry import ORDERS, Order
from nimba.serialization.settings import OrderSettings


def serialize(
    points: Any,
    order: str = "nimba",
    *,
    batch: Any = None,
    r: float = 0.8,
    axis: str = "y",
    start: str | int = "low",
    variant: str = "first",
    bits: int | None = None,
    seed: int = 0,
    check: bool = True,
) -> Any:
    """Order each cloud into one path.

    Every order is a permutation, deterministic, and depends neither on the order of the input points (ties fall to the
    coordinates) nor on the other clouds of the batch.

    Args:
        points: (B, N, 3) or (N, 3) floating point, finite: a tensor on any device, or a numpy array. Also
            torch-geometric ``Data`` (its ``pos``, and ``batch`` if it has one), or an Open3D cloud or tensor.
        order: a name from ``ORDERS``. "nimba" is the paper's (Köprücü et al., arXiv 2411.00151, section 3.3.2).
        batch: (N,) integers: the cloud that each of (N, 3) points belongs to, as torch-geometric has it. The clouds
            then follow one another in the result, each in its order.
        r: for "nimba", the wanted bound on a step, in the units of the points; 0.8 suits clouds in [-1, 1]^3.
        axis: the axis to sort or to begin along: "x", "y" or "z".
        start: where the path begins on the sorted axis: "low", "high" (the sort is then descending), or the rank of the
            point to begin with, 0 being the lowest; the others stay sorted.
        variant: for "nimba", how a centre within r is fetched: "first" (the first along the sort), "nearest", or "swap"
            (the first, exchanged with the one in its way).
        bits: for orders along a grid, its fixed depth, 1 to 21; None for the order's own default.
        seed: for "random".
        check: refuse NaN and infinity. On CUDA the check waits for the device; a training loop may switch it off.

    Returns:
        (B, N) int64, or (N,) for a single cloud: ``points[order]`` is the path. "three_axes" repeats the points,
        (B, 3 N), and so does "hilbert_both", (B, 2 N). A tensor for tensors and torch-geometric data, a numpy array for
        the rest.

    Raises:
        InputError: naming the argument that is out of range, or points that are not finite.
    """
    require_known("order", order, ORDERS)
    settings = OrderSettings(r, axis, start, variant, bits, seed)
    coordinates, carried, in_numpy = as_tensor(points)
    _check_points(coordinates, check)
    coordinates = coordinates.detach()
    if coordinates.dtype in (torch.float16, torch.bfloat16):
        coordinates = coordinates.float()
    batch = carried if batch is None else batch
    if batch is not None:
        permutation = _serialize_ragged(coordinates, batch, ORDERS[order], settings)
    elif coordinates.ndim == 2:
        permutation = _serialize_dense(coordinates[None], ORDERS[order], settings)[0]  # (N,)
    else:
        permutation = _serialize_dense(coordinates, ORDERS[order], settings)  # (B, N)
    return permutation.numpy() if in_numpy else permutation


def inverse(permutation: Any, copies: int = 1) -> Any:
    """Where each point stands on the path.

    Args:
        permutation: (..., N) int64 from ``serialize``, a tensor or a numpy array.
        copies: how often each point comes, ``ORDERS[name].copies``.

    Returns:
        (..., N) int64 with ``p[inverse(p)] == arange(N)``; with copies, (..., N, copies), places ascending.
    """
    if isinstance(permutation, np.ndarray):
        return inverse(torch.from_numpy(permutation), copies).numpy()
    places = permutation.argsort(dim=-1, stable=True)  # equal numbers, which are copies, stay in their places' order
    return places if copies == 1 else places.unflatten(-1, (-1, copies))  # (..., N, copies)


def _serialize_dense(points: Tensor, order: Order, settings: OrderSettings) -> Tensor:
    """(B, N, 3) -> (B, N), or (B, copies N)."""
    if isinstance(settings.start, int) and "start" in order.parameters and settings.start >= max(points.shape[1], 1):
        raise InputError(f"start: rank {settings.start} is past the last of {points.shape[1]} points")
    if points.shape[0] == 0 or points.shape[1] == 0:
        return torch.empty(points.shape[0], order.copies * points.shape[1], dtype=torch.int64, device=points.device)
    s = settings
    return torch.ops.nimba.serialize(points, order.name, s.r, s.axis, str(s.start), s.variant, s.bits, s.seed)


def _serialize_ragged(points: Tensor, batch: Any, order: Order, settings: OrderSettings) -> Tensor:
    """(N, 3) points of clouds named by batch (N,) -> (N,), cloud after cloud."""
    which = torch.as_tensor(batch, device=points.device)
    if points.ndim != 2 or which.shape != points.shape[:1] or which.is_floating_point():
        raise InputError(
            f"batch: expected {points.shape[0]} integers for (N, 3) points, got {which.dtype} {tuple(which.shape)} "
            f"for points {tuple(points.shape)}"
        )
    members = which.argsort(stable=True)  # (N,), sorted already where torch-geometric made it
    sizes = which[members].unique_consecutive(return_counts=True)[1].tolist()
    if len(set(sizes)) == 1:
        clouds = members.view(len(sizes), -1)  # (B, N / B)
        return clouds.gather(1, _serialize_dense(points[clouds], order, settings)).flatten()
    pieces = [part[_serialize_dense(points[part][None], order, settings)[0]] for part in members.split(sizes)]
    return torch.cat([members[:0], *pieces])


def _order(
    points: Tensor, order: str, r: float, axis: str, start: str, variant: str, bits: int | None, seed: int
) -> Tensor:
    begin = int(start) if start.isdigit() else start
    return ORDERS[order].function(points, OrderSettings(r, axis, begin, variant, bits, seed))


define_operator(
    "serialize(Tensor points, str order, float r, str axis, str start, str variant, int? bits, int seed) -> Tensor",
    _order,
    lambda points, order, *_: points.new_empty(
        points.shape[0], ORDERS[order].copies * points.shape[1], dtype=torch.int64
    ),
    cpu_only=False,
    tags=(torch.Tag.cudagraph_unsafe,),  # some orders, and large clouds, are computed on the CPU
)


def _check_points(points: Tensor, check: bool) -> None:
    if points.ndim not in (2, 3) or points.shape[-1] != 3 or not points.is_floating_point():
        shape = tuple(points.shape)
        raise InputError(f"points: expected floating-point (B, N, 3) or (N, 3) coordinates, got {points.dtype} {shape}")
    if check:
        require_finite("points", points)
