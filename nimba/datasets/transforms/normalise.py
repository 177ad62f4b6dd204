"""Normalise again, after transforms that moved the cloud."""

from typing import Literal

from torch import Generator, Tensor

from nimba.clouds import normalise
from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError


class Normalise(CloudTransform):
    """Brings a cloud into the unit sphere or the cube, as ``nimba.clouds.normalise`` does.

    The data modules normalise every cloud when they cache it; this is for the end of a list whose transforms leave the
    frame. torch-geometric's ``NormalizeScale`` knows the cube only.

    Args:
        mode: "unit_sphere" or "cube".

    Raises:
        InputError: an unknown mode.
    """

    def __init__(self, mode: Literal["unit_sphere", "cube"] = "unit_sphere"):
        if mode not in ("unit_sphere", "cube"):
            raise InputError(f"Normalise to {mode!r}: give unit_sphere or cube")
        self.mode = mode

    def on_batch(self, points: Tensor, generator: Generator | None = None) -> Tensor:
        """Clouds (B, N, 3) in the frame."""
        return normalise(points, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mode={self.mode!r})"
