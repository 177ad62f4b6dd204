"""The three-quarter view, for plotly: its camera lives in a box around the points, and sees 45 degrees of it.

Plotly's turntable turns about its z axis only: what is x, y, z here is its y, z, x.
"""

from dataclasses import dataclass

import numpy as np

from nimba.viewer.camera import CENTRING_STEPS, MARGIN, camera_for

FIELD_OF_VIEW = 45.0  # degrees, vertical
AXES = (2, 0, 1)  # plotly's x, y and z among ours
PAD = 1.05  # of the box over the points: what stands at its faces is not cut
FLAT = 0.05  # thinnest side of the box, as a share of its longest

LAMP_DISTANCE = 5e4  # in the units of the points; plotly takes at most 1e5


@dataclass(frozen=True)
class Frame:
    """A box around the points, and the place from which all of it fits a panel; vectors are (3,), y up."""

    middle: np.ndarray
    sides: np.ndarray
    eye: np.ndarray
    target: np.ndarray
    tall: float  # height of the panel at the target, in the units of the points
    aspect: float  # width over height of the panel

    @property
    def ranges(self) -> list[list[float]]:
        """Ends of the box on each of plotly's axes."""
        return np.stack([self.middle - self.sides / 2, self.middle + self.sides / 2], 1)[list(AXES)].tolist()

    @property
    def ratio(self) -> list[float]:
        """Sides of the box in plotly's scene: the longest is 1, and lengths along all axes compare."""
        return (self.sides / self.sides.max())[list(AXES)].tolist()

    @property
    def camera(self) -> dict[str, dict[str, float]]:
        """Plotly's camera, in the units of its scene."""
        places = {"eye": self.eye - self.middle, "center": self.target - self.middle}
        camera = {name: _xyz(place / self.sides.max()) for name, place in places.items()}
        return {**camera, "up": _xyz(np.array([0.0, 1.0, 0.0]))}

    @property
    def lamp(self) -> dict[str, float]:
        """Where light comes from: over the shoulder of who looks, and far away."""
        toward = (self.eye - self.target) / np.linalg.norm(self.eye - self.target)
        return _xyz(LAMP_DISTANCE * (toward + np.array([0.0, 0.5, 0.0])))


def frame_for(points: np.ndarray) -> Frame:
    """The frame that holds all points (N, 3), seen as in the pictures of ``nimba.viewer.camera``."""
    like = camera_for(points)
    view, slope = -like.forward, np.tan(np.radians(FIELD_OF_VIEW / 2))
    target, distance = like.target, 0.0
    for _ in range(CENTRING_STEPS):
        across, along, toward = ((points - target) @ axis for axis in (like.right, like.up, view))
        distance = max(
            float((MARGIN * np.maximum(np.abs(along), np.abs(across) / like.aspect) / slope + toward).max()), 1e-3
        )
        # What is nearer looks larger: the middle of the picture isn't that of the cloud.
        for axis, place in ((like.right, across / (distance - toward)), (like.up, along / (distance - toward))):
            target = target + distance * (place.min() + place.max()) / 2 * axis
    low, high = points.min(0), points.max(0)
    longest = float((high - low).max()) or 1.0
    sides = PAD * np.maximum(high - low, FLAT * longest)
    return Frame((low + high) / 2, sides, target + distance * view, target, 2 * slope * distance, like.aspect)


def _xyz(vector: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", vector[list(AXES)].tolist(), strict=True))
