"""Normalise again, after transforms that moved the cloud."""

from typing import Literal

from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from nimba.clouds import normalise
from nimba.errors import InputError


class Normalise(BaseTransform):
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

    def forward(self, data: Data) -> Data:
        """``data.pos`` (N, 3) in the frame."""
        assert data.pos is not None
        data.pos = normalise(data.pos, self.mode)
        return data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mode={self.mode!r})"
