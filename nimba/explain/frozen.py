"""A model as it is used: no dropout, no statistics of the batch, no gradients of parameters."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from nimba.runtime.errors import InputError


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in evaluation mode and without gradients; afterwards each of its modules has its own mode again."""
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.inference_mode(False), torch.no_grad():
            model.eval()
            yield
    finally:
        for module, training in modes.items():
            module.training = training


def require_clouds(points: Tensor) -> None:
    """Refuse what is not a batch of clouds (B, N, 3).

    Raises:
        InputError: for another shape, or coordinates that are not finite.
    """
    if points.ndim != 3 or points.shape[2] != 3 or 0 in points.shape:
        raise InputError(f"points: expected (B, N, 3) with B and N of at least 1, got {tuple(points.shape)}")
    if not points.isfinite().all():
        raise InputError("points: some coordinates are not finite; remove these points")
