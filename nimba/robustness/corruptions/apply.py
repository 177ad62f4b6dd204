"""Corrupt a cloud: checked, normalised again where that belongs to it, and in a number of points that batches need."""

import numpy as np

from nimba.clouds import normalise, resample
from nimba.datasets.randomness import derived_seed
from nimba.robustness.corruptions.registry import CORRUPTIONS, SEVERITIES
from nimba.runtime.errors import InputError

SOURCE_POINTS = 1024  # of a cloud to be corrupted: the counts of the published parameters are of so many
FRAMES = ("unit_sphere", "cube")


def corrupt(
    points: np.ndarray, name: str, severity: int, rng: np.random.Generator, frame: str = "unit_sphere"
) -> np.ndarray:
    """A corrupted copy of a cloud.

    Args:
        points: (N, 3) in the unit sphere, y up, N >= 1.
        name: one of ``CORRUPTIONS``.
        severity: 1 to 5.
        rng: where all its randomness comes from.
        frame: of the normalisation that follows a corruption, as for ``nimba.clouds.normalise``: "unit_sphere", what
            the networks are trained in, or "cube", as the published generator does; its evaluation does nothing more.

    Returns:
        (M, 3) float32; M depends on the corruption.

    Raises:
        InputError: for an unknown name, severity or frame, or points of another shape or not finite.
    """
    if name not in CORRUPTIONS:
        raise InputError(f"corruption {name!r}: give one of {', '.join(CORRUPTIONS)}")
    if severity not in SEVERITIES:
        raise InputError(f"severity is {severity}: give 1 to {SEVERITIES[-1]}")
    if frame not in FRAMES:
        raise InputError(f"frame is {frame!r}: give one of {', '.join(FRAMES)}")
    if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
        raise InputError(f"points of shape {points.shape}: give (N, 3), one point or more, all finite")
    corruption = CORRUPTIONS[name]
    result = corruption.function(points.astype(np.float64), severity, rng)  # (M, 3)
    return normalise(result, frame) if corruption.normalised else result.astype(np.float32)


def corrupted(
    points: np.ndarray,
    name: str,
    severity: int,
    *,
    seed: int,
    number: int,
    num_points: int = SOURCE_POINTS,
    frame: str = "unit_sphere",
) -> np.ndarray:
    """A corrupted cloud of a fixed size, whose randomness depends on (seed, name, severity, number) alone.

    Args:
        points: (N, 3) as for ``corrupt``; as few as possible of the result are repeated, or as many as needed left out.
        name: one of ``CORRUPTIONS``.
        severity: 1 to 5.
        seed: of the whole set.
        number: of the cloud in the data set.
        num_points: points of the result.
        frame: as for ``corrupt``.

    Returns:
        (num_points, 3) float32.

    Raises:
        InputError: as ``corrupt`` does.
    """
    key = ("corruption", seed, name, severity, number)
    result = corrupt(points, name, severity, np.random.default_rng(derived_seed(*key)), frame)  # (M, 3)
    return resample(result, num_points, derived_seed(*key, "resample"))
