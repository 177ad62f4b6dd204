"""What pictures are made of: balls and tubes, drawn as they are (``raster``) or as triangles (``mesh``)."""

from typing import NamedTuple

import numpy as np


class Finish(NamedTuple):
    """How a shape looks and where it stands among others."""

    lit: bool = True  # under the lamp; or of one brightness
    hazy: bool = False  # nearer to white the farther from the camera
    lift: float = 0.0  # how far it comes towards the eye: as large as before, but hidden by less


class Balls(NamedTuple):
    """Balls of one radius."""

    centres: np.ndarray  # (N, 3)
    radius: float
    colours: np.ndarray  # (N, 3), or (3,) for all
    times: np.ndarray | float = 0.0  # (N,) when each appears
    finish: Finish = Finish()


class Tubes(NamedTuple):
    """Open cylinders of one radius, each from its start to its end."""

    starts: np.ndarray  # (M, 3)
    ends: np.ndarray  # (M, 3)
    radius: float
    colours: np.ndarray  # (M, 2, 3) at both ends, blended between; or (3,) for all
    times: np.ndarray | float = 0.0  # (M, 2) when each grows from its start, and when it reaches its end
    finish: Finish = Finish()


Shape = Balls | Tubes
