"""All figures of several orders on a batch of clouds of one size."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from nimba.quality.changes import Changes, change
from nimba.quality.figures import STEPS
from nimba.quality.locality import WINDOWS, locality, neighbours_of
from nimba.quality.stability import KINDS, stability
from nimba.quality.steps import path_statistics
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, inverse, serialize
from nimba.serialization.settings import OrderSettings

SHORT = "short"  # the order that lengths are quoted against


@dataclass(frozen=True)
class NamedOrder:
    """An order with its settings, and what to call it."""

    title: str
    order: str
    settings: OrderSettings = OrderSettings()  # noqa: RUF009 - frozen

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Serialize (..., N, 3) -> (..., M)."""
        return serialize(points, self.order, **asdict(self.settings))


def measure_batch(
    points: np.ndarray,
    orders: Sequence[NamedOrder],
    *,
    k: int = 8,
    windows: Sequence[int] = WINDOWS,
    repeats: int = 4,
    seed: int = 0,
) -> np.ndarray:
    """Figures of several orders on clouds of one size; neighbours and changes are found once for all orders.

    Args:
        points: (B, N, 3) float32 or float64.
        orders: what to measure.
        k, windows, repeats, seed: as for ``measure``.

    Returns:
        (orders, B, figures) float64, the figures as ``figure_names`` has them. Each cloud's are what it has alone.
    """
    shortest = _lengths(points, serialize(points, SHORT))  # (B,)
    if points.shape[1] == 0:
        raise InputError("points: a cloud without points has no figures")
    points = np.stack([cloud[np.lexsort(cloud.T[::-1])] for cloud in points])  # (B, N, 3) by x, then y, then z
    neighbours = np.stack([neighbours_of(cloud, k) for cloud in points])  # (B, N, k)
    changes = change(points, repeats, seed)
    return np.stack([_figures(order, changes, neighbours, shortest, windows) for order in orders])


def _figures(
    order: NamedOrder, changes: Changes, neighbours: np.ndarray, shortest: np.ndarray, windows: Sequence[int]
) -> np.ndarray:
    """(B, figures)."""
    copies = ORDERS[order.order].copies
    paths = order(changes.points)  # (B, copies N)
    statistics = [
        path_statistics(cloud[path], order.settings.r) for cloud, path in zip(changes.points, paths, strict=True)
    ]
    steps = np.array([[getattr(one, name) for name in STEPS[:-1]] for one in statistics])  # (B, 5)
    length = steps[:, STEPS.index("length")]
    over_short = np.where(shortest > 0, length / np.where(shortest > 0, shortest, 1), 1.0)  # (B,)
    places = inverse(paths, copies).reshape(*changes.points.shape[:2], copies)  # (B, N, copies)
    near = locality(neighbours, places, windows)  # (B, W)
    kept = stability(changes, order, copies)
    return np.column_stack([steps, over_short, near, *(kept[kind] for kind in KINDS)])


def _lengths(points: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """(B, N, 3), (B, N) -> (B,)."""
    return np.array([path_statistics(cloud[path], r=np.inf).length for cloud, path in zip(points, paths, strict=True)])
