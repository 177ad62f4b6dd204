"""Transformations: the whole cloud turned, sheared or bent (Sun et al. 2022, section 3)."""

from functools import lru_cache
from math import comb

import numpy as np
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

ROTATION = (2.5, 5.0, 7.5, 10.0, 15.0)  # degrees about each axis, either way
ROTATION_SPREAD = 2.5
SHEAR = (0.05, 0.1, 0.15, 0.2, 0.25)  # either way
SHEAR_SPREAD = 0.05
FFD = (0.1, 0.2, 0.3, 0.4, 0.5)  # largest shift of a control point along an axis, in sides of the box
RBF = (0.025, 0.05, 0.075, 0.1, 0.125)  # length of a control point's shift
CONTROL = 5  # control points along each axis, over [-1, 1]
SMOOTHING = 0.5  # radius of the radial basis functions, the default of the library of the published ones (PyGeM)


def rotation(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Turns about x, then y, then z, each by an angle near the severity's, either way: (N, 3) -> (N, 3)."""
    angles = _either_way(ROTATION[severity - 1], ROTATION_SPREAD, 3, rng)
    return points @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix().T  # (N, 3)


def shear(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Adds shares of the other coordinates to x and z, up stays up: (N, 3) -> (N, 3)."""
    b, d, e, f = _either_way(SHEAR[severity - 1], SHEAR_SPREAD, 4, rng)
    return points @ np.array([[1.0, 0.0, b], [d, 1.0, e], [f, 0.0, 1.0]])  # (N, 3)


def ffd(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Free-form deformation of [-1, 1]^3 by a lattice of 5 x 5 x 5 shifted control points: (N, 3) -> (N, 3).

    Sederberg and Parry (SIGGRAPH 1986): a point's shift is the mean of the control points', weighted by the Bernstein
    polynomials of its place.
    """
    extent = 2.0 * FFD[severity - 1]  # the box has sides of 2
    shifts = rng.uniform(-extent, extent, (CONTROL, CONTROL, CONTROL, 3))
    x, y, z = np.moveaxis(_bernstein((points + 1) / 2), 1, 0)  # (N, 5) each
    along_x = (x @ shifts.reshape(CONTROL, -1)).reshape(-1, CONTROL, CONTROL, 3)  # (N, 5, 5, 3)
    along_xy = np.einsum("nj,njkd->nkd", y, along_x)  # (N, 5, 3)
    return points + np.einsum("nk,nkd->nd", z, along_xy)  # (N, 3)


def rbf(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Bends space by multiquadrics, which take 5 x 5 x 5 control points to where they are shifted: (N, 3) -> (N, 3)."""
    return points + _interpolate(points, _control_shifts(severity, rng), inverse=False)


def rbf_inv(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """As ``rbf`` does, by inverse multiquadrics, whose reach is shorter: (N, 3) -> (N, 3)."""
    return points + _interpolate(points, _control_shifts(severity, rng), inverse=True)


def _either_way(centre: float, spread: float, count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(centre - spread, centre + spread, count) * rng.choice((-1.0, 1.0), count)


def _bernstein(places: np.ndarray) -> np.ndarray:
    """The Bernstein polynomials of degree 4 at places in [0, 1]: (N, 3) -> (N, 3, 5)."""
    power = np.arange(CONTROL)
    binomial = np.array([comb(CONTROL - 1, int(k)) for k in power])
    t = places[..., None]
    return binomial * t**power * (1 - t) ** (CONTROL - 1 - power)


def _control_shifts(severity: int, rng: np.random.Generator) -> np.ndarray:
    """Shifts (125, 3) of one length; their two angles are drawn evenly, as published."""
    azimuth, polar = rng.uniform(-np.pi, np.pi, (2, CONTROL**3))
    shifts = [np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)]
    return RBF[severity - 1] * np.stack(shifts, axis=1)  # (125, 3)


def _interpolate(points: np.ndarray, shifts: np.ndarray, inverse: bool) -> np.ndarray:
    """Shifts (N, 3) of points, interpolated from those of the control points.

    What ``scipy.interpolate.RBFInterpolator`` does, with an affine part. It solves for its weights anew each time; the
    control points never move, so here it is done once.
    """
    control, solution = _system(inverse)
    basis = np.concatenate([_kernel(points, control, inverse), np.ones((len(points), 1)), points], axis=1)  # (N, 129)
    return basis @ (solution @ shifts)  # (N, 3)


@lru_cache(maxsize=2)
def _system(inverse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Control points (125, 3), and the matrix (129, 125) from shifts to weights."""
    axis = np.linspace(-1.0, 1.0, CONTROL)
    control = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)  # (125, 3)
    affine = np.concatenate([np.ones((len(control), 1)), control], axis=1)  # (125, 4)
    system = np.block([[_kernel(control, control, inverse), affine], [affine.T, np.zeros((4, 4))]])  # (129, 129)
    return control, np.linalg.inv(system)[:, : len(control)]


def _kernel(points: np.ndarray, control: np.ndarray, inverse: bool) -> np.ndarray:
    """The radial function of all distances: (N, 3), (K, 3) -> (N, K)."""
    values = np.sqrt(cdist(points, control, "sqeuclidean") + SMOOTHING**2)
    return 1 / values if inverse else values
