"""From a whole shape to what a scan of it would be cut out to: a side, its surroundings, and a box that misses it.

In the manner of ScanObjectNN's PB_T50_RS (Uy et al., ICCV 2019, section 3): there, objects are cut out of real scans by
boxes that were moved by up to half of their size along each axis (T50), turned about up (R) and scaled (S), so that an
object lacks parts and brings some of what is around it. Here the scan is made by code from the shape's points. It is no
substitute for that benchmark, and its figures are not to be compared with those on it.
"""

import numpy as np
from scipy.spatial import cKDTree

from nimba.clouds.visibility import FLIP, visible
from nimba.datasets.shapes.primitives import turn
from nimba.datasets.shapes.sampling import areas, sample_surface
from nimba.datasets.shapes.scan import camera_before, surroundings

VERSION = 1
"""Raised with every change of the scans, so that older caches are built again."""

TRANSLATION = 0.5  # of the box, in shares of its size along each axis: T50
SCALE = (0.75, 1.25)  # of the box
NOISE = (0.002, 0.01)  # standard deviation of the sensor's, in shares of the object's size
WALK = np.radians(40.0)  # about up, to either side: a scanner is carried past, and sees from two places
LEAST_SHARE = 0.5  # of the object's visible points that a box must hold
LEAST_POINTS = 64  # that a scan has, where the shape has as many in view
_ATTEMPTS = 50  # boxes to draw before the object's own is taken
_THINNEST = 0.1  # side of a box, in shares of its longest: else one about a sheet would miss it with its noise


def scan_like(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A scan of a shape, cut out by a perturbed box.

    Args:
        points: (N, 3) of the whole shape, y up, uniform on its surface.
        rng: where all its randomness comes from.

    Returns:
        (M, 3) float32 in the shape's scale, in random order; M differs from scan to scan. What has no extent has no
        sides: it comes back whole.
    """
    turned = turn(points.astype(np.float64), 1, rng.uniform(0.0, 2 * np.pi))  # (N, 3)
    low, high = turned.min(0), turned.max(0)  # (3,) each
    size, centre = float(np.linalg.norm(high - low)), (low + high) / 2
    if size == 0:
        return points.astype(np.float32)
    camera, azimuth = camera_before(low, high, rng)
    cameras = [turn(camera, 1, angle, about=centre) for angle in (-WALK, WALK)]
    around = surroundings(low, high, azimuth, rng)  # (T, 3, 3)
    count = round(min(_density(turned) * areas(around).sum(), 4 * len(turned)))
    scene = np.concatenate([turned, sample_surface(around, count, rng)])  # (N + count, 3)
    seen = np.unique(np.concatenate([visible(scene, place, FLIP) for place in cameras]))  # (V,)
    own = seen < len(turned)  # (V,) of the object
    scanned = scene[seen] + rng.normal(0.0, size * rng.uniform(*NOISE), size=(len(seen), 3))  # (V, 3)
    return rng.permutation(scanned[_cut(scanned, own, low, high, rng)]).astype(np.float32)  # (M, 3)


def _density(points: np.ndarray) -> float:
    """Points on a unit of area, by the mean distance to the nearest other one (Clark and Evans, Ecology 1954)."""
    if len(points) < 2:
        return 0.0
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]  # (N,)
    mean = float(nearest.mean())
    return 1 / (4 * mean**2) if mean > 0 else 0.0


def _cut(
    points: np.ndarray, own: np.ndarray, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Which of points (V, 3) are in a perturbed box: (V,) bool."""
    centre, half = (low + high) / 2, (high - low) / 2  # (3,) each
    half = np.maximum(half, _THINNEST * half.max())
    for _ in range(_ATTEMPTS):
        moved = centre + rng.uniform(-TRANSLATION, TRANSLATION, size=3) * 2 * half
        inside = (np.abs(points - moved) <= half * rng.uniform(*SCALE)).all(1)  # (V,)
        if inside.sum() >= LEAST_POINTS and inside[own].sum() >= LEAST_SHARE * own.sum():
            return inside
    return own if own.any() else np.ones_like(own)  # of an object that clutter hides nothing is seen
