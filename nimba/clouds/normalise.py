"""Scale and position: the frame of the training clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

Cloud = TypeVar("Cloud", np.ndarray, "Tensor")
MODES = ("unit_sphere", "cube", "none")


def normalise(points: Cloud, mode: str) -> Cloud:
    """Move and scale each cloud; to the last bit independent of the order of its points.

    Args:
        points: (..., N, 3), numpy or torch.
        mode: "unit_sphere": mean at the origin, farthest point at distance 1 (ModelNet40, the paper); "cube": the
            middle of the bounding box at the origin, its longest side from -1 to 1; "none": as they are.

    Returns:
        The same type and shape, float32. A cloud without extent lands on the origin.

    Raises:
        InputError: for an unknown mode.
    """
    import torch  # here: the command line lists the formats of clouds without it

    if mode not in MODES:
        raise InputError(f"normalisation: {mode!r} is not one of {', '.join(MODES)}")
    if isinstance(points, np.ndarray):
        return normalise(torch.from_numpy(np.ascontiguousarray(points)), mode).numpy()
    if mode == "none":
        return points.float()
    exact = points.double()
    if mode == "unit_sphere":
        # A sum rounds by its order: sorted coordinates have only one.
        centred = exact - exact.sort(dim=-2).values.mean(-2, keepdim=True)
        size = centred.square().sum(-1, keepdim=True).amax(-2, keepdim=True).sqrt()  # (..., 1, 1)
    else:
        low, high = exact.amin(-2, keepdim=True), exact.amax(-2, keepdim=True)  # (..., 1, 3)
        centred = exact - (low + high) / 2
        size = (high - low).amax(-1, keepdim=True) / 2  # (..., 1, 1)
    return (centred / torch.where(size > 0, size, 1.0)).float()
