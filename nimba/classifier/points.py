"""What a network takes for points, and one clear line for what it does not."""

from typing import Any

import torch
from torch import Tensor, nn

from nimba.runtime.errors import InputError

_ANYTHING = "or call model.classify(points), which takes clouds of any form"
_LOW_PRECISION = (torch.float16, torch.bfloat16)


def check_points(points: Any, network: nn.Module) -> None:
    """Refuse what is no batch of finite clouds, and networks in a precision that their steps do not have.

    The look at the numbers is one sum, and none of a compiler's business; on a GPU, where it waits for the device,
    training does without.

    Args:
        points: (B, N, 3) floating point, N >= 1.
        network: that is to read them.

    Raises:
        InputError: saying what they are.
    """
    if not isinstance(points, Tensor):
        kind = f"{type(points).__module__}.{type(points).__name__}"
        raise InputError(
            f"points: expected a tensor (B, N, 3), got a {kind}; make one with torch.as_tensor(points), {_ANYTHING}"
        )
    if points.ndim != 3 or points.shape[2] != 3 or not points.is_floating_point():
        single = points.ndim == 2 and points.shape[-1] == 3
        hint = f"; points[None] makes a batch of one cloud, {_ANYTHING}" if single else ""
        raise InputError(f"points: expected floating-point (B, N, 3), got {points.dtype} {tuple(points.shape)}{hint}")
    if 0 in points.shape:
        raise InputError(f"points: {tuple(points.shape)} holds no points; give one cloud or more, of one point or more")
    weight = next(network.parameters(), None)  # a strategy that shards a network may keep them elsewhere
    if weight is not None and weight.dtype in _LOW_PRECISION:
        raise InputError(f"weights: are {weight.dtype}; call .float(), and compute in less with torch.autocast")
    waits = points.is_cuda and (network.training or torch.cuda.is_current_stream_capturing())
    # A sum is quicker than a look at each number, and finite only if all are; it may overflow where they are not.
    if not waits and not points.detach().sum().isfinite() and not points.isfinite().all():
        raise InputError("points: NaN or infinite coordinates; remove such points first")


def check_training_batch(points: Tensor, head: nn.Sequential) -> None:
    """Refuse to train on a batch of one cloud, whose BatchNorm would be 0 whatever the cloud is.

    Raises:
        InputError: saying what to do.
    """
    if len(points) == 1 and any(type(layer) is nn.BatchNorm1d and layer.training for layer in head):
        raise InputError("points: one cloud is no batch to train on (BatchNorm needs two); give more, or call .eval()")
