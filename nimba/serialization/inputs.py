"""What ``serialize`` takes for a cloud: tensors, numpy arrays, torch-geometric data, Open3D clouds and tensors."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nimba.runtime.errors import InputError


def as_tensor(points: Any) -> tuple[Tensor, Tensor | None, bool]:
    """Coordinates of whatever holds them; none of the libraries is imported: types are told by what they have.

    Args:
        points: see ``nimba.serialization.serialize``.

    Returns:
        the coordinates; the batch vector that torch-geometric data carry, or None; whether results are to be numpy's.

    Raises:
        InputError: for anything else.
    """
    if isinstance(points, Tensor):
        return points, None, False
    if isinstance(points, np.ndarray):
        return _from_numpy(points), None, True
    if isinstance(getattr(points, "pos", None), Tensor):  # a batch of torch-geometric's is of a class made on the fly
        return points.pos, getattr(points, "batch", None), False
    if type(points).__module__.startswith("open3d."):
        if hasattr(points, "points"):  # the classic cloud or its vector of points
            return _from_numpy(np.asarray(points.points)), None, True
        if hasattr(points, "point"):  # the tensor cloud
            return _from_numpy(points.point.positions.cpu().numpy()), None, True
        if hasattr(points, "numpy"):
            return _from_numpy(points.cpu().numpy()), None, True
    raise InputError(
        f"points: {type(points).__name__} holds no cloud; give a tensor, a numpy array, torch-geometric data with pos, "
        "or an Open3D cloud or tensor"
    )


def _from_numpy(array: np.ndarray) -> Tensor:
    try:
        return torch.from_numpy(np.ascontiguousarray(array))
    except (TypeError, ValueError):  # of strings or objects, or in another machine's order of bytes
        raise InputError(f"points: an array of {array.dtype} holds no coordinates; give float32 or float64") from None
