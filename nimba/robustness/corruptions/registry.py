"""The 15 corruptions by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nimba.robustness.corruptions import density, noise, transformation, view

VERSION = 1
"""Raised with every change of the corruptions, so that records of other versions are told apart."""

SEVERITIES = (1, 2, 3, 4, 5)
GROUPS = ("density", "noise", "transformation")

Function = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """A way to corrupt a cloud.

    Args:
        name: as the published files call it, but ``distortion`` by its method: ffd, rbf, rbf_inv.
        group: one of ``GROUPS``.
        function: points (N, 3) float64, severity, generator -> points (M, 3) float64.
        normalised: whether the result is normalised again: where the published generator does it.
    """

    name: str
    group: str
    function: Function
    normalised: bool = True


CORRUPTIONS: dict[str, Corruption] = {
    corruption.name: corruption
    for corruption in (
        Corruption("occlusion", "density", view.occlusion),
        Corruption("lidar", "density", view.lidar, normalised=False),
        Corruption("density_inc", "density", density.density_inc, normalised=False),
        Corruption("density", "density", density.density, normalised=False),
        Corruption("cutout", "density", density.cutout, normalised=False),
        Corruption("uniform", "noise", noise.uniform),
        Corruption("gaussian", "noise", noise.gaussian, normalised=False),
        Corruption("impulse", "noise", noise.impulse),
        Corruption("upsampling", "noise", noise.upsampling),
        Corruption("background", "noise", noise.background),
        Corruption("rotation", "transformation", transformation.rotation),
        Corruption("shear", "transformation", transformation.shear),
        Corruption("ffd", "transformation", transformation.ffd),
        Corruption("rbf", "transformation", transformation.rbf),
        Corruption("rbf_inv", "transformation", transformation.rbf_inv),
    )
}
