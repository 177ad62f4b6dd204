"""Things on a table: what stands apart on a level top, inside its rim.

A table is a thing itself, without what stands on it. A chair's back, a headboard or a desk's shelves rise from the rim,
or reach along it, and stay with what they are a part of: where in doubt, nothing is split.
"""

from typing import NamedTuple

import numpy as np

from nimba.scenes.clusters import pieces

_TOP = 0.45  # share of the whole thing's floor plan that its top covers
_SLICES = 40  # of the thing's height, to look for the top in
_SHARE = 0.25  # of the top's area that one thing on it covers at most
_INSIDE = 0.75  # of a thing's plan that is over the top
_FLAT = 0.4  # a thing on a table is at least so high, in shares of its width: cushions and pillows are not
_WIDE = 0.6  # of the top's width that one thing on it is wide at most: backs and headboards are wider
_APART = 0.5  # share of what is above the top that has to stand apart on it
_GRID = 32  # squares along the longer side of the plan


class _Plan(NamedTuple):
    """A grid over a thing's floor plan."""

    origin: np.ndarray
    side: float
    shape: tuple[int, int]

    def mask(self, plan: np.ndarray) -> np.ndarray:
        """Squares that points (N, 2) are in, small holes filled: (rows, columns) bool."""
        from scipy import ndimage  # with a tenth of a second: few clouds come here

        found = np.zeros(self.shape, bool)
        found[tuple(self.at(plan).T)] = True
        return ndimage.binary_fill_holes(ndimage.binary_closing(found, np.ones((3, 3)), border_value=0))

    def at(self, plan: np.ndarray) -> np.ndarray:
        """The square of each point: (N, 2)."""
        return np.floor((plan - self.origin) / self.side).astype(int) + 2


def on_top(points: np.ndarray, reach: float, fewest: int) -> np.ndarray:
    """Number of the thing on top that each point of an object is of: (N,) int, -1 for the object's own.

    Args:
        points: (N, 3) of one object, the last column its height.
        reach: of one point of a piece to the next.
        fewest: points of a thing.
    """
    none = np.full(len(points), -1)
    if len(points) < 4 * fewest:
        return none
    size = np.ptp(points[:, :2], axis=0)
    side = max(size.max() / _GRID, 0.6 * reach)
    grid = _Plan(points[:, :2].min(0), side, (int(size[0] / side) + 6, int(size[1] / side) + 6))
    level = _top(points, grid)
    if level is None:
        return none
    height, thick, top = level
    above = np.flatnonzero(points[:, 2] > height + thick)
    if len(above) < fewest:
        return none
    label = pieces(points[above], reach)
    from scipy import ndimage

    from_rim = ndimage.distance_transform_edt(top) * side  # of each square
    apart = none.copy()
    found = 0
    for piece in range(label.max(initial=-1) + 1):
        own = above[label == piece]
        if len(own) >= fewest and _stands_on(points[own], height + thick + reach, top, from_rim, grid):
            apart[own] = found
            found += 1
    if not found or (apart >= 0).sum() < _APART * len(above):
        return none
    return apart


def _top(points: np.ndarray, grid: _Plan) -> tuple[float, float, np.ndarray] | None:
    """The highest level that covers much of the plan: its height, its half thickness, the squares it covers."""
    whole = grid.mask(points[:, :2]).sum()
    low, high = points[:, 2].min(), points[:, 2].max()
    thick = (high - low) / _SLICES
    if thick == 0:
        return None
    levels = np.arange(low + thick, high, thick)
    counts = np.array([(np.abs(points[:, 2] - level) < thick).sum() for level in levels])
    for number in np.argsort(-counts, kind="stable")[:8]:
        on = np.abs(points[:, 2] - levels[number]) < thick
        mask = grid.mask(points[on, :2])
        if mask.sum() < _TOP * whole or levels[number] - low < 4 * thick:
            continue
        height = float(np.median(points[on, 2]))
        return height, 1.5 * thick, mask
    return None


def _stands_on(own: np.ndarray, base: float, top: np.ndarray, from_rim: np.ndarray, grid: _Plan) -> bool:
    """Whether a piece (N, 3) stands on a top, not along its rim, as a thing of its own would."""
    if own[:, 2].min() > base:
        return False
    squares = grid.at(own[:, :2])
    inside = top[tuple(squares.T)].mean()
    plan = grid.mask(own[:, :2])
    high = np.ptp(own[:, 2])
    wide = float(np.sqrt(plan.sum())) * grid.side
    foot = own[:, 2] <= own[:, 2].min() + 0.25 * high
    clear = from_rim[tuple(squares[foot].T)] / grid.side  # squares from outside: 1 along the rim
    across = np.ptp(own[:, :2], axis=0).max()
    return bool(
        inside >= _INSIDE
        and plan.sum() <= _SHARE * top.sum()
        and across <= _WIDE * min(np.ptp(np.argwhere(top), axis=0) + 1) * grid.side
        and high >= _FLAT * wide
        and np.percentile(clear, 10) >= 1
        and np.median(clear) > 1
    )
