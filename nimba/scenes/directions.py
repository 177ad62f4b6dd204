"""Directions as users give them."""

from collections.abc import Sequence

import numpy as np

from nimba.runtime.errors import InputError


def unit(up: Sequence[float] | np.ndarray) -> np.ndarray:
    """A direction (3,) of length 1.

    Raises:
        InputError: not three finite numbers, or all 0.
    """
    axis = np.asarray(up, np.float64)
    length = float(np.linalg.norm(axis)) if axis.shape == (3,) else 0.0
    if not 0 < length < np.inf:
        raise InputError(f"up: give a direction of three numbers, not all 0, got {up}")
    return axis / length
