"""What a scene is taken apart with: lengths that follow from the cloud's own spacing and extent, whatever its unit."""

from dataclasses import dataclass

import numpy as np

from nimba.runtime.errors import InputError
from nimba.scenes.trees import tree_of

LEAST = 64  # points of a cloud that can be a scene
_SAMPLE = 4000  # points whose spacing is measured
_FINENESS = 320  # voxels along the longest side at most: some 100,000 points of a room's surfaces
_THICK = 0.005  # half thickness of a plane, in shares of the extent: 2.5 cm in a room of five metres
_STRAYS = 0.5  # percent of the points at either end of each axis that do not count for the extent
_REACH = 4.0  # of one point of an object to the next, in median distances from point to point
_SHARE = 0.002  # of all points (thinned) that the smallest object has, within
_FEWEST, _MANY = 20, 60


@dataclass(frozen=True)
class SceneSettings:
    """Lengths in the unit of the cloud: found by ``SceneSettings.of(points)``, changed by ``dataclasses.replace``."""

    extent: float  # longest side of the cloud, strays left out
    spacing: float  # median distance from a point to its nearest, as the cloud is
    voxel: float  # side of the cubes that the cloud is thinned to, one point in each; 0: it is taken as it is
    tolerance: float  # points so near to a plane can be on it; planes that are smoother take less
    reach: float  # points of one object are at most so far from the next
    fewest: int  # points, after thinning, that an object has
    seed: int = 0  # of the planes that are tried

    def __post_init__(self) -> None:
        for name in ("extent", "tolerance", "reach"):
            if not 0 < getattr(self, name) < np.inf:
                raise InputError(f"{name}: must be a positive length, got {getattr(self, name)}")
        if self.voxel < 0 or self.fewest < 1:
            raise InputError(f"voxel, fewest: must be at least 0 and 1, got {self.voxel} and {self.fewest}")

    @classmethod
    def of(cls, points: np.ndarray, seed: int = 0) -> "SceneSettings":
        """Defaults for a cloud (N, 3); scaled points give scaled lengths.

        Raises:
            InputError: fewer than 64 points, some not finite, or all the same.
        """
        if points.ndim != 2 or points.shape[1] != 3:
            raise InputError(f"scene: give points (N, 3), got {tuple(points.shape)}")
        if len(points) < LEAST:
            raise InputError(f"scene: {len(points)} points; a scene has at least {LEAST}")
        if not np.isfinite(points).all():
            raise InputError("scene: some points are not finite; remove them")
        low, high = np.percentile(points.astype(np.float64), [_STRAYS, 100 - _STRAYS], axis=0)
        extent = float((high - low).max())
        if extent == 0:
            raise InputError("scene: nearly all points are the same; a scene needs an extent")
        spacing = _spacing(points.astype(np.float64), extent)
        voxel = max(spacing, extent / _FINENESS) if len(points) > _FINENESS**2 / 2 else 0.0
        thin = len(points) if not voxel else len(np.unique(cells(points, voxel)))
        typical = max(voxel, spacing)
        return cls(
            extent=extent,
            spacing=spacing,
            voxel=voxel,
            tolerance=_THICK * extent,
            reach=_REACH * typical,
            fewest=int(np.clip(_SHARE * thin, _FEWEST, _MANY)),
            seed=seed,
        )

    def described(self) -> str:
        """One line for the user."""
        thinned = f"thinned to one point in {self.voxel:.3g}" if self.voxel else "not thinned"
        return (
            f"extent {self.extent:.3g}, spacing {self.spacing:.3g} ({thinned}), planes within {self.tolerance:.3g}, "
            f"points of one object within {self.reach:.3g}, at least {self.fewest} of them"
        )


def cells(points: np.ndarray, side: float) -> np.ndarray:
    """The number of the cube that each point (N, 3) is in: (N,) int64, one number a cube."""
    index = np.floor((points - points.min(0)) / side).astype(np.int64)
    index = np.minimum(index, (1 << 21) - 1)
    return (index[:, 0] << 42) | (index[:, 1] << 21) | index[:, 2]


def thinned(points: np.ndarray, voxel: float) -> tuple[np.ndarray, np.ndarray]:
    """One point in each cube, the mean of those in it.

    Args:
        points: (N, 3).
        voxel: side of the cubes; 0 leaves the points as they are.

    Returns:
        (M, 3), and for each of the N points its number among the M.
    """
    if voxel == 0:
        return points, np.arange(len(points))
    _, inverse, counts = np.unique(cells(points, voxel), return_inverse=True, return_counts=True)
    sums = [np.bincount(inverse, weights=points[:, axis]) for axis in range(3)]
    return np.stack(sums, 1) / counts[:, None], inverse


def some_of(points: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of the points (N, 3), the same ones each time; as they are where they are no more than that."""
    if len(points) <= count:
        return points
    return points[np.random.default_rng(0).choice(len(points), count, replace=False)]


def _spacing(points: np.ndarray, extent: float) -> float:
    """Median distance to the nearest other point, of a sample; at least a millionth of the extent."""
    rng = np.random.default_rng(0)
    some = points[rng.choice(len(points), min(_SAMPLE, len(points)), replace=False)]
    near = tree_of(points).query(some, k=2)[0][:, 1]
    near = near[near > 0]  # of points that are there twice, nothing follows
    return max(float(np.median(near)) if len(near) else 0.0, 1e-6 * extent)
