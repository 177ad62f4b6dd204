"""What the public functions on clouds refuse, before a kernel sees it."""

import torch
from torch import Tensor

from nimba.runtime.errors import InputError


def require_clouds(name: str, points: Tensor) -> Tensor:
    """Clouds as kernels take them; half precision becomes float32, which holds it.

    Args:
        name: of the argument.
        points: (B, N, 3) floating point.

    Raises:
        InputError: for anything else, another shape, or integers.
    """
    if not isinstance(points, Tensor):
        raise InputError(f"{name}: expected a tensor of (B, N, 3) coordinates, got {type(points).__name__}")
    if points.ndim != 3 or points.shape[-1] != 3 or not points.is_floating_point():
        raise InputError(
            f"{name}: expected floating-point (B, N, 3) coordinates, got {points.dtype} {tuple(points.shape)}"
        )
    points = points.detach()
    return points.float() if points.dtype in (torch.float16, torch.bfloat16) else points


def require_finite(name: str, points: Tensor) -> None:
    """Refuse NaN and infinity; on CUDA this waits for the device.

    Raises:
        InputError: naming the argument.
    """
    # A sum is quicker than a look at each number, and finite only if all are; it may overflow where they are not.
    if not bool(points.sum().isfinite()) and not bool(points.isfinite().all()):
        raise InputError(f"{name}: NaN or infinite coordinates have no place in a cloud; remove them first")
