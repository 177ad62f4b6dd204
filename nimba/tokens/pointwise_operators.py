"""The compiled layers over all points of all patches, as torch operators with gradients; see ``pointwise``."""

import torch
from torch import Tensor

from nimba.runtime.operators import arrays, define_gradient, define_operator, from_arrays

TILE = 64  # patches at a time: what lies between x and the maximum never leaves the cache


def _max_over_points(x: Tensor) -> tuple[Tensor, Tensor]:
    """(P, K, C) -> its maximum over K, and which point has it: 2 x (P, C)."""
    from nimba.tokens.pointwise_cpu import max_forward  # numba is imported on first use

    highest, winner = _empty_maximum(x)
    max_forward(*arrays((x.contiguous(), highest, winner)))
    return highest, winner


def _max_over_points_backward(grad: Tensor, x: Tensor, winner: Tensor) -> list[Tensor]:
    from nimba.tokens.pointwise_cpu import max_backward

    slopes, who = arrays((grad, winner))
    return [torch.from_numpy(max_backward(slopes, who, x.shape[1]))]


def _rows_statistics(x: Tensor, shared: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of the rows x (P, K, C) + shared (P, C): 2 x (C,)."""
    from nimba.tokens.pointwise_cpu import statistics

    mean, variance = statistics(*arrays((x.contiguous(), shared.contiguous())))
    return torch.from_numpy(mean), torch.from_numpy(variance)


def _project_max(
    x: Tensor,
    shared: Tensor,
    scale: Tensor,
    shift: Tensor,
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    training: bool,
) -> tuple[Tensor, Tensor]:
    """Maximum over the points of a patch of project(ReLU(norm(x + shared))), and which point has it: 2 x (P, dim)."""
    from nimba.tokens.pointwise_cpu import activate, max_forward

    x, shared = x.contiguous(), shared.contiguous()
    _, factor, offset = _as_one_map(scale, shift, mean, variance, eps)
    highest = x.new_empty(len(x), len(weight))
    winner = torch.empty(highest.shape, dtype=torch.int16)
    for first in range(0, len(x), TILE):
        tile = slice(first, first + TILE)
        active = torch.from_numpy(activate(*arrays((x[tile], shared[tile], factor, offset))))
        projected = active.flatten(0, 1) @ weight.t()  # (TILE K, dim)
        projected = projected.unflatten(0, active.shape[:2])  # (TILE, K, dim)
        max_forward(*arrays((projected, highest[tile], winner[tile])))
    return highest + bias, winner


def _project_max_backward(
    grad: Tensor,
    x: Tensor,
    shared: Tensor,
    scale: Tensor,
    shift: Tensor,
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    training: bool,
    winner: Tensor,
) -> list[Tensor]:
    from nimba.tokens.pointwise_backward_cpu import project_max_backward

    inverse, factor, offset = _as_one_map(scale, shift, mean, variance, eps)
    tensors = (grad, x, shared, scale, weight, mean, inverse, factor, offset, winner)
    gradients = project_max_backward(training, *arrays([tensor.contiguous() for tensor in tensors]))
    return [*from_arrays(gradients), grad.sum(0)]


def _as_one_map(
    scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """1 / sigma, and the norm as x factor + offset: 3 x (C,)."""
    inverse = torch.rsqrt(variance + eps)
    factor = scale * inverse
    return inverse, factor, shift - mean * factor


def _empty_maximum(x: Tensor) -> tuple[Tensor, Tensor]:
    highest = x.new_empty(x.shape[0], x.shape[2])
    return highest, torch.empty_like(highest, dtype=torch.int16)


define_operator("max_over_points(Tensor x) -> (Tensor, Tensor)", _max_over_points, _empty_maximum)
define_operator(
    "max_over_points_backward(Tensor grad, Tensor x, Tensor winner) -> Tensor[]",
    _max_over_points_backward,
    lambda grad, x, winner: [x.new_empty(x.shape)],
)
define_gradient("max_over_points", torch.ops.nimba.max_over_points_backward, saved_outputs=[1])
define_operator(
    "rows_statistics(Tensor x, Tensor shared) -> (Tensor, Tensor)",
    _rows_statistics,
    lambda x, shared: (x.new_empty(x.shape[2]), x.new_empty(x.shape[2])),
)
_ARGUMENTS = (
    "Tensor x, Tensor shared, Tensor scale, Tensor shift, Tensor weight, Tensor bias, Tensor mean, Tensor variance, "
    "float eps, bool training"
)
define_operator(
    f"project_max({_ARGUMENTS}) -> (Tensor, Tensor)",
    _project_max,
    lambda x, shared, scale, shift, weight, *_: (
        x.new_empty(x.shape[0], weight.shape[0]),
        x.new_empty(x.shape[0], weight.shape[0], dtype=torch.int16),
    ),
)
define_operator(
    f"project_max_backward(Tensor grad, {_ARGUMENTS}, Tensor winner) -> Tensor[]",
    _project_max_backward,
    lambda grad, x, shared, scale, shift, weight, bias, *_: [
        torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device)
        for tensor in (x, shared, scale, shift, weight, bias)
    ],
)
define_gradient("project_max", torch.ops.nimba.project_max_backward, saved_outputs=[1])
