"""The camera: three-quarter view, y up, as near as the whole cloud allows."""

from dataclasses import dataclass

import numpy as np

VIEW = np.array([0.62, 0.42, 1.0])  # from the front, a little from the right and from above
FIELD_OF_VIEW = 30.0  # degrees, vertical
MARGIN = 1.13
CENTRING_STEPS = 4


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from: each (3,), in the units of the points."""

    eye: np.ndarray
    target: np.ndarray
    up: np.ndarray  # orthogonal to the view
    right: np.ndarray


def camera_for(points: np.ndarray, aspect: float) -> Camera:
    """The camera whose picture, ``aspect`` times as wide as high, holds all points (N, 3)."""
    view = VIEW / np.linalg.norm(VIEW)
    right = np.cross([0.0, 1.0, 0.0], view)
    right /= np.linalg.norm(right)
    up = np.cross(view, right)
    slope = np.tan(np.radians(FIELD_OF_VIEW / 2))
    target = (points.min(0) + points.max(0)) / 2
    for _ in range(CENTRING_STEPS):
        across, along, toward = ((points - target) @ axis for axis in (right, up, view))
        distance = (MARGIN * np.maximum(np.abs(along), np.abs(across) / aspect) / slope + toward).max()
        distance = max(distance, 1e-3)
        # What is nearer looks larger: the middle of the picture isn't that of the cloud.
        for axis, place in ((right, across / (distance - toward)), (up, along / (distance - toward))):
            target = target + distance * (place.min() + place.max()) / 2 * axis
    return Camera(target + distance * view, target, up, right)
