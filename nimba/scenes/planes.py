"""Large planes in a cloud: the floor that things stand on, a ceiling, walls.

RANSAC, seeded and vectorised, and not Open3D's ``segment_plane``: that looks for a plane of any slope, so that its best
one is often a wall or cuts through furniture; it draws from a generator of the whole process; and Open3D takes a second
to import. Here only level planes are tried for floors, and only upright ones for walls.
"""

from dataclasses import dataclass

import numpy as np

_TRIES = 20_000  # triples of points, most of which span no level plane
_KEPT = 800  # planes that are counted
_SAMPLE = 2500  # points that they are counted on
_AT_ONCE = 32  # planes: in the cache, and no work that a BLAS would start threads for, which takes longer than it
_LEVEL = np.cos(np.radians(12.0))  # floors may be so far from level
_REFITS = 6
_SPREADS = 3.0  # standard deviations of a plane's points that are taken for its own
_THINNEST = 0.3  # of a plane without any noise, in tolerances
_AROUND = np.stack([trig(np.arange(16) * np.pi / 8) for trig in (np.cos, np.sin)])  # (2, 16) directions
_TO_DEVIATION = 1.4826  # from the median of absolute deviations


@dataclass(frozen=True)
class Flat:
    """A plane: the points p with normal . p == offset."""

    normal: np.ndarray  # (3,), length 1
    offset: float
    spread: float  # half thickness of its points

    def heights(self, points: np.ndarray) -> np.ndarray:
        """Signed distances (N,) of points (N, 3)."""
        return points @ self.normal - self.offset


def level_plane(points: np.ndarray, up: np.ndarray, tolerance: float, rng: np.random.Generator) -> Flat | None:
    """The nearly level plane with most points.

    Args:
        points: (N, 3), of about one density.
        up: (3,), length 1; the normal points that way.
        tolerance: half its thickness.
        rng: chooses the planes that are tried.
    """
    if len(points) < 3:
        return None
    corners = points[rng.integers(0, len(points), (_TRIES, 3))]  # (T, 3, 3)
    normals = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    normals = normals / np.where(lengths > 0, lengths, 1)[:, None]
    slopes = normals @ up
    chosen = np.flatnonzero(np.abs(slopes) > _LEVEL)[:_KEPT]
    if not len(chosen):
        return None
    normals = normals[chosen] * np.sign(slopes[chosen])[:, None]  # (K, 3)
    offsets = (normals * corners[chosen, 0]).sum(1)
    sample = points[rng.choice(len(points), min(_SAMPLE, len(points)), replace=False)]
    best = _fullest(sample, normals, offsets, tolerance)
    return _refit(points, Flat(normals[best], float(offsets[best]), tolerance), tolerance)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T, 3), as ``np.cross``, which takes three times as long."""
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], 1)


def upright_plane(points: np.ndarray, up: np.ndarray, tolerance: float, rng: np.random.Generator) -> Flat | None:
    """The upright plane with most points: a line in the floor plan. Arguments as for ``level_plane``."""
    if len(points) < 3:
        return None
    ends = points[rng.integers(0, len(points), (_KEPT, 2))]  # (T, 2, 3)
    normals = np.cross(ends[:, 1] - ends[:, 0], up)
    lengths = np.linalg.norm(normals, axis=1)
    chosen = lengths > 10 * tolerance  # two points near each other say little of a direction
    if not chosen.any():
        return None
    normals = normals[chosen] / lengths[chosen, None]
    offsets = (normals * ends[chosen, 0]).sum(1)
    sample = points[rng.choice(len(points), min(_SAMPLE, len(points)), replace=False)]
    best = _fullest(sample, normals, offsets, tolerance)
    return _refit(points, Flat(normals[best], float(offsets[best]), tolerance), tolerance)


def _fullest(points: np.ndarray, normals: np.ndarray, offsets: np.ndarray, tolerance: float) -> int:
    """Which of the planes, normals (K, 3) and offsets (K,), has most of the points (S, 3)."""
    points, normals, offsets = (array.astype(np.float32) for array in (points, normals, offsets))
    counts = []
    for start in range(0, len(normals), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        heights = points @ normals[some].T - offsets[some]  # (S, _AT_ONCE)
        counts.append(np.count_nonzero(np.abs(heights, out=heights) < tolerance, axis=0))
    return int(np.concatenate(counts).argmax())


def _refit(points: np.ndarray, flat: Flat, tolerance: float) -> Flat:
    """Least squares through what is near, again and again, ever as thin as its points are."""
    for _ in range(_REFITS):
        near = points[np.abs(flat.heights(points)) < flat.spread]
        if len(near) < 3:
            break
        middle = near.mean(0)
        normal = np.linalg.eigh(np.cov((near - middle).T))[1][:, 0]
        normal = normal * np.sign(normal @ flat.normal or 1.0)
        fitted = Flat(normal, float(normal @ middle), tolerance)
        flat = Flat(normal, fitted.offset, thickness(fitted.heights(points), tolerance))
    return flat


def thickness(heights: np.ndarray, tolerance: float) -> float:
    """Half of it: several deviations of the heights (N,) that are within the tolerance, robustly."""
    near = np.abs(heights[np.abs(heights) < tolerance])
    spread = _SPREADS * _TO_DEVIATION * np.median(near) if len(near) else 0.0
    return float(np.clip(spread, _THINNEST * tolerance, tolerance))


def frame(up: np.ndarray) -> np.ndarray:
    """Two level directions at right angles to each other and to ``up`` (3,): (2, 3)."""
    helper = np.eye(3)[np.abs(up).argmin()]
    first = np.cross(up, helper)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(up, first)])


def covered(plan: np.ndarray, side: float) -> int:
    """How many squares of a grid points (N, 2) are in."""
    if not len(plan):
        return 0
    index = np.floor((plan - plan.min(0)) / side).astype(np.int64)
    return len(np.unique(index[:, 0] * (index[:, 1].max() + 2) + index[:, 1]))


def outline(plan: np.ndarray) -> float:
    """Area of the convex hull of points (N, 2), or up to a twentieth less: of the 16-gon of those that lie furthest."""
    if not len(plan):
        return 0.0
    x, y = plan[(plan @ _AROUND).argmax(0)].T  # (16,)
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
