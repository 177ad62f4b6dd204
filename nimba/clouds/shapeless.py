"""Clouds that have next to no shape, of which a network would name one all the same."""

from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError

_FEWEST, _FEW = 4, 64  # distinct points
_SAMPLE = 4096  # points that are looked at first
_THIN = 1e-3  # of the longest extent: no thickness
_ALIKE = 0.9  # of the points
_CORE, _STRAY = 0.01, 0.01  # what is cut off at either end, and what is then left of the extent


def check_shape(path: Path, points: np.ndarray) -> list[str]:
    """Notes on a cloud (N, 3) float32 that says little: few points, a plane, nearly all alike, a speck among strays.

    Raises:
        InputError: it says nothing: fewer than four distinct points, or a line.
    """
    sample = points
    if len(points) > _SAMPLE:
        sample = points[np.random.default_rng(0).integers(len(points), size=_SAMPLE)]
    distinct, often = _distinct(sample)
    if distinct < _FEWEST and len(sample) < len(points):
        distinct, often = _distinct(points)
    if distinct < _FEWEST:
        raise InputError(f"{path}: {distinct} distinct points; a shape needs more")
    notes = []
    if distinct <= _FEW:
        notes.append(f"only {distinct} distinct points: too few to be sure of any shape")
    elif often > _ALIKE:
        notes.append(f"about {often:.0%} of the points are one and the same: hardly a shape")
    elif _is_speck(sample, points):
        return ["nearly all points lie within a hundredth of the extent: cut the others off if they are strays"]
    flat = _extents(sample, sample)
    if flat[2] <= _THIN * flat[0]:
        flat = _extents(sample, points)  # what is not in the sample may stand out
    if flat[1] <= _THIN * flat[0]:
        raise InputError(f"{path}: all points lie on a line, with no extent across it; a shape needs one")
    if flat[2] <= _THIN * flat[0]:
        notes.append("all points lie in a plane, with no extent across it: hardly any shape is known by that")
    return notes


def _distinct(points: np.ndarray) -> tuple[int, float]:
    """How many points differ, and the share of the most frequent one."""
    _, counts = np.unique(points + np.float32(0), axis=0, return_counts=True)  # -0 is 0
    return len(counts), counts.max() / len(points)


def _extents(sample: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(3,) extents of points along the principal axes of a sample of them, the longest first."""
    exact = sample.astype(np.float64)
    exact -= exact.mean(0)
    exact /= np.abs(exact).max() or 1  # squares of tiny numbers are none
    axes = np.linalg.eigh(exact.T @ exact)[1].astype(np.float32)  # (3, 3)
    return np.sort(np.ptp(points @ axes, axis=0))[::-1]


def _is_speck(sample: np.ndarray, points: np.ndarray) -> bool:
    low, high = np.quantile(sample, [_CORE, 1 - _CORE], axis=0)  # (3,)
    return bool((high - low).max() < _STRAY * max(np.ptp(points[:, axis]) for axis in range(3)))
