"""What a camera or a LiDAR sees of a cloud from one place (Sun et al. 2022, section 3).

The published ones render a mesh into a depth image and draw points from its pixels: dense, and denser where the surface
faces the camera. Here are points alone: those that are hidden from the viewpoint go, and what is left keeps the density
of the cloud. As published, a severity is no strength: it is the sector of the azimuth that is looked from.
"""

import numpy as np

from nimba.clouds.visibility import FLIP, visible

CAMERA_DISTANCE = 3.0
CAMERA_ELEVATION = (30.0, 60.0)  # degrees, drawn from between
LIDAR_DISTANCE = 5.0
LIDAR_ELEVATION = 22.5  # degrees
LINE = np.radians(1.0)  # between two scan lines
SECTORS = 5  # of the azimuth, one a severity


def occlusion(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Keeps what a camera sees from obliquely above: (N, 3) -> (M, 3), 1 <= M <= N."""
    elevation = np.radians(rng.uniform(*CAMERA_ELEVATION))
    return points[visible(points, CAMERA_DISTANCE * _direction(severity, elevation, rng), FLIP)]


def lidar(points: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """Keeps what a LiDAR sees and moves it onto its scan lines, at the same range and azimuth.

    The published one drops the half of the (dense) points that are farthest from a line; of sparse points all are kept.

    Shapes:
        (N, 3) -> (M, 3), 1 <= M <= N
    """
    sensor = LIDAR_DISTANCE * _direction(severity, np.radians(LIDAR_ELEVATION), rng)
    seen = points[visible(points, sensor, FLIP)] - sensor  # (M, 3)
    ground = np.hypot(seen[:, 0], seen[:, 2])  # (M,)
    ranges = np.linalg.norm(seen, axis=1)  # (M,)
    polar = np.arctan2(ground, seen[:, 1])  # (M,) from the up axis
    lowest = polar.min()
    polar = lowest + (np.floor((polar - lowest) / LINE) + 0.5) * LINE
    flat = (ranges * np.sin(polar) / ground)[:, None] * seen  # (M, 3), right in x and z
    flat[:, 1] = ranges * np.cos(polar)
    return flat + sensor


def _direction(severity: int, elevation: float, rng: np.random.Generator) -> np.ndarray:
    """Unit vector (3,) to a viewpoint in the severity's sector; y is up."""
    half = np.pi / SECTORS
    azimuth = 2 * half * severity + rng.uniform(-half, half)
    level = np.cos(elevation)
    return np.array([level * np.sin(azimuth), np.sin(elevation), level * np.cos(azimuth)])
