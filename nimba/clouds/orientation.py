"""The up axis: models are trained in a frame with y up, files come in many."""

from typing import Literal

import numpy as np

from nimba.runtime.errors import InputError

Up = Literal["x", "y", "z"]


def rotate_up(points: np.ndarray, up: Up) -> np.ndarray:
    """Turn a cloud whose up axis is ``up`` into the y-up frame, by a proper rotation.

    z up: (x, y, z) -> (x, z, -y); x up: (x, y, z) -> (-y, x, z).

    Args:
        points: (..., 3).
        up: "x", "y" or "z".

    Raises:
        InputError: for another axis.
    """
    if up == "y":
        return points
    x, y, z = np.moveaxis(points, -1, 0)
    if up == "z":
        return np.stack([x, z, -y], -1)
    if up == "x":
        return np.stack([-y, x, z], -1)
    raise InputError(f"up: {up!r} is not one of x, y, z")
