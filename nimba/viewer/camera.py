"""The camera: three-quarter view, y up, as near as the whole cloud allows."""

from dataclasses import dataclass

import numpy as np

VIEW = np.array([0.62, 0.42, 1.0])  # from the front, a little from the right and from above
FIELD_OF_VIEW = 30.0  # degrees, vertical
MARGIN = 1.1


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from: each (3,), in the units of the points."""

    eye: np.ndarray
    target: np.ndarray
    up: np.ndarray  # orthogonal to the view
    right: np.ndarray


def camera_for(points: np.ndarray, aspect: float) -> Camera:
    """The camera whose picture, ``aspect`` times as wide as high, holds all points (N, 3)."""
    middle = (points.min(0) + points.max(0)) / 2
    view = VIEW / np.linalg.norm(VIEW)
    right = np.cross([0.0, 1.0, 0.0], view)
    right /= np.linalg.norm(right)
    up = np.cross(view, right)
    across, along, toward = ((points - middle) @ axis for axis in (right, up, view))
    slope = np.tan(np.radians(FIELD_OF_VIEW / 2))
    distance = (MARGIN * np.maximum(np.abs(along), np.abs(across) / aspect) / slope + toward).max()
    return Camera(middle + max(distance, 1e-3) * view, middle, up, right)
