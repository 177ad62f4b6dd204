"""Layers over all points of all patches: in torch for any device, and compiled for training on a CPU.

The rows are many (B G K) and narrow, so a CPU spends its time on memory, not arithmetic. The compiled versions read
each row as few times as they can, and use that behind a maximum only one point of a patch receives each channel's
gradient.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.runtime.compiled import compiled_kernels_take
from nimba.tokens import pointwise_operators  # noqa: F401 - declares the compiled versions


def max_over_points(x: Tensor) -> Tensor:
    """Maximum over the points of a patch: (P, K, C) -> (P, C)."""
    return torch.ops.nimba.max_over_points(x)[0] if compiled(x) else x.amax(1)


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
    if not compiled(x) or (norm.training and type(norm) is not nn.BatchNorm1d):  # that has statistics of its own
        rows = (x + shared[:, None]).flatten(0, 1)  # (P K, C)
        return max_over_points(project(F.relu(norm(rows))).unflatten(0, x.shape[:2]))  # (P, dim)
    if norm.training:
        mean, variance = torch.ops.nimba.rows_statistics(x.detach(), shared.detach())
        update_running_statistics(norm, mean, variance, x.shape[0] * x.shape[1])
    else:
        mean, variance = running_statistics(norm)
    parameters = norm.weight, norm.bias, project.weight, project.bias
    return torch.ops.nimba.project_max(x, shared, *parameters, mean, variance, norm.eps, norm.training)[0]


@torch.no_grad()
def update_running_statistics(norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor, count: int | Tensor) -> None:
    """BatchNorm's bookkeeping for statistics of ``count`` rows that were computed outside of it: two (C,) tensors."""
    running_mean, running_variance = running_statistics(norm)
    assert norm.num_batches_tracked is not None  # it tracks
    assert norm.momentum is not None  # by a moving average
    norm.num_batches_tracked += 1
    others = (count - 1).clamp(min=1) if isinstance(count, Tensor) else max(count - 1, 1)  # nobody waits for a GPU's
    unbiased = variance.detach() * (count / others)
    running_mean.lerp_(mean.detach().to(running_mean.dtype), norm.momentum)
    running_variance.lerp_(unbiased.to(running_variance.dtype), norm.momentum)


def running_statistics(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """The mean and the variance (C,) that a tracking norm evaluates with."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var


def compiled(x: Tensor) -> bool:
    """Whether the compiled versions take these features."""
    return compiled_kernels_take(x) and not torch.is_autocast_enabled("cpu")
