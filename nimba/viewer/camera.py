"""The camera: three-quarter view, y up, as near as the whole cloud allows."""

from dataclasses import dataclass

import numpy as np

VIEW = np.array([0.62, 0.42, 1.0])  # from the front, a little from the right and from above
FIELD_OF_VIEW = 16.0  # degrees, vertical: little perspective, so that lengths compare
MARGIN = 1.08
CENTRING_STEPS = 4
ASPECTS = (0.75, 2.0)  # narrowest and widest panel


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from: vectors are (3,), in the units of the points."""

    eye: np.ndarray
    target: np.ndarray
    up: np.ndarray  # orthogonal to the view
    right: np.ndarray
    aspect: float  # width over height of the picture

    @property
    def forward(self) -> np.ndarray:
        """The direction of the view, of length 1."""
        return np.cross(self.up, self.right)

    @property
    def slope(self) -> float:
        """Half the picture's height, at distance 1."""
        return float(np.tan(np.radians(FIELD_OF_VIEW / 2)))

    def project(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Where points (N, 3) are in a picture of ``size`` (width, height): (N, 2) pixels, right and down."""
        seen = points - self.eye
        depth = seen @ self.forward * self.slope
        across, along = seen @ self.right / depth / self.aspect, seen @ self.up / depth  # -1 to 1
        return np.stack([(1 + across) * size[0] / 2, (1 - along) * size[1] / 2], 1)

    def frame(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) in the camera's frame: right, up and forward from the eye."""
        return (points - self.eye) @ np.stack([self.right, self.up, self.forward], 1)

    def slopes(self, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Rays (a, b, 1) in the camera's frame go through the middles of a picture's pixels.

        Returns:
            a of each column (width,) and b of each row (height,), float32.
        """
        width, height = size
        across = ((np.arange(width) + 0.5) / width * 2 - 1) * self.slope * self.aspect
        down = (1 - (np.arange(height) + 0.5) / height * 2) * self.slope
        return across.astype(np.float32), down.astype(np.float32)


def camera_for(points: np.ndarray, aspect: float | None = None) -> Camera:
    """The camera whose picture holds all points (N, 3).

    Args:
        points: what is to be seen.
        aspect: width over height of the picture; None for that of the points, within ``ASPECTS``.
    """
    view = VIEW / np.linalg.norm(VIEW)  # (3,) from the target to the eye
    right = np.cross([0.0, 1.0, 0.0], view)
    right /= np.linalg.norm(right)
    up = np.cross(view, right)
    slope = np.tan(np.radians(FIELD_OF_VIEW / 2))
    if aspect is None:
        width, height = np.ptp(points @ right), np.ptp(points @ up)
        aspect = float(np.clip(width / height if height > 0 else 1.0, *ASPECTS))
    target = (points.min(0) + points.max(0)) / 2
    for _ in range(CENTRING_STEPS):
        across, along, toward = ((points - target) @ axis for axis in (right, up, view))
        distance = (MARGIN * np.maximum(np.abs(along), np.abs(across) / aspect) / slope + toward).max()
        distance = max(distance, 1e-3)
        # What is nearer looks larger: the middle of the picture isn't that of the cloud.
        for axis, place in ((right, across / (distance - toward)), (up, along / (distance - toward))):
            target = target + distance * (place.min() + place.max()) / 2 * axis
    return Camera(target + distance * view, target, up, right, aspect)
