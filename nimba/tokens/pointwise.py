"""Layers over all points of all patches: in torch for any device, and compiled for training on a CPU.

The rows are many (B G K) and narrow, so a CPU spends its time on memory, not arithmetic. The compiled versions read
each row as few times as they can, and use that behind a maximum only one point of a patch receives each channel's
gradient.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

TILE = 64  # patches at a time


def max_over_points(x: Tensor) -> Tensor:
    """Maximum over the points of a patch: (P, K, C) -> (P, C)."""
    return _MaxOverPoints.apply(x) if _compiled(x) else x.amax(1)


def project_max(x: Tensor, shared: Tensor, norm: nn.BatchNorm1d, project: nn.Linear) -> Tensor:
    """Maximum over the points of a patch of project(ReLU(norm(x + shared))).

    In training it updates norm's running statistics.

    Args:
        x: (P, K, C), of each point.
        shared: (P, C), of each patch.
        norm: over C.
        project: C -> dim.

    Returns:
        (P, dim)
    """
    if not _compiled(x):
        rows = (x + shared[:, None]).flatten(0, 1)  # (P K, C)
        return project(F.relu(norm(rows))).unflatten(0, x.shape[:2]).amax(1)  # (P, dim)
    if norm.training:
        mean, variance = _rows_statistics(x, shared)
        update_running_statistics(norm, mean, variance, x.shape[0] * x.shape[1])
    else:
        mean, variance = running_statistics(norm)
    settings = mean, variance, norm.eps, norm.training
    return _ProjectMax.apply(x, shared, norm.weight, norm.bias, project.weight, project.bias, *settings)


@torch.no_grad()
def update_running_statistics(norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor, count: int) -> None:
    """BatchNorm's bookkeeping for statistics of ``count`` rows that were computed outside of it: two (C,) tensors."""
    running_mean, running_variance = running_statistics(norm)
    assert norm.num_batches_tracked is not None  # it tracks
    assert norm.momentum is not None  # by a moving average
    norm.num_batches_tracked += 1
    unbiased = variance.detach() * (count / max(count - 1, 1))
    running_mean.lerp_(mean.detach().to(running_mean.dtype), norm.momentum)
    running_variance.lerp_(unbiased.to(running_variance.dtype), norm.momentum)


def running_statistics(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """The mean and the variance (C,) that a tracking norm evaluates with."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var


def _compiled(x: Tensor) -> bool:
    return x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


class _MaxOverPoints(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        from nimba.tokens.pointwise_cpu import max_forward  # numba is imported on first use

        highest = x.new_empty(len(x), x.shape[2])
        winner = torch.empty(highest.shape, dtype=torch.int16)
        max_forward(x.detach().contiguous().numpy(), highest.numpy(), winner.numpy())
        ctx.points = x.shape[1]
        ctx.save_for_backward(winner)
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        from nimba.tokens.pointwise_cpu import max_backward

        (winner,) = ctx.saved_tensors
        return torch.from_numpy(max_backward(grad.contiguous().numpy(), winner.numpy(), ctx.points))


def _rows_statistics(x: Tensor, shared: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.tokens.pointwise_cpu import statistics

    mean, variance = statistics(x.detach().contiguous().numpy(), shared.detach().contiguous().numpy())
    return torch.from_numpy(mean), torch.from_numpy(variance)


class _ProjectMax(torch.autograd.Function):
    """Tile by tile of patches, so that what lies between x and the maximum never leaves the cache."""

    @staticmethod
    def forward(
        ctx: Any,
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
    ) -> Tensor:
        from nimba.tokens.pointwise_cpu import activate, max_forward

        x, shared = x.detach().contiguous(), shared.detach().contiguous()
        inverse = torch.rsqrt(variance + eps)
        factor = scale * inverse
        offset = shift - mean * factor
        highest = x.new_empty(len(x), len(weight))
        winner = torch.empty(highest.shape, dtype=torch.int16)
        for first in range(0, len(x), TILE):
            tile = slice(first, first + TILE)
            active = torch.from_numpy(activate(x[tile].numpy(), shared[tile].numpy(), factor.numpy(), offset.numpy()))
            projected = active.flatten(0, 1) @ weight.t()  # (TILE K, dim)
            projected = projected.unflatten(0, active.shape[:2])  # (TILE, K, dim)
            max_forward(projected.numpy(), highest[tile].numpy(), winner[tile].numpy())
        ctx.training = training
        ctx.save_for_backward(x, shared, scale, weight, mean, inverse, factor, offset, winner)
        return highest + bias

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        from nimba.tokens.pointwise_cpu import project_max_backward

        arrays = (t.detach().contiguous().numpy() for t in (grad, *ctx.saved_tensors))
        gradients = map(torch.from_numpy, project_max_backward(ctx.training, *arrays))
        return *gradients, grad.sum(0), None, None, None, None
