"""All figures of one order on one cloud, and of many orders on many clouds."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from nimba.quality.locality import WINDOWS, locality, neighbours_of
from nimba.quality.stability import KINDS, stability
from nimba.quality.steps import path_statistics
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


def figure_names(windows: tuple[int, ...] = WINDOWS) -> list[str]:
    """Names of the figures that ``measure`` gives, in order."""
    near = [f"within_{window}" for window in windows]
    kept = [f"kept_{kind}" for kind in KINDS]
    return ["mean_step", "median_step", "max_step", "jump_share", "length", "length_over_short", *near, *kept]


def measure(
    points: np.ndarray,
    order: NamedOrder,
    *,
    k: int = 8,
    windows: tuple[int, ...] = WINDOWS,
    repeats: int = 4,
    seed: int = 0,
) -> dict[str, float]:
    """Figures of what an order does to a cloud.

    Steps are in the units of the points. "length_over_short" is the path's length over that of the order "short", which
    no order is expected to beat by much. An order that repeats the points is longer by its copies.

    Args:
        points: (N, 3) float32 or float64.
        order: what to measure.
        k: nearest neighbours for the locality.
        windows: places for the locality.
        repeats: of random changes, for the stability.
        seed: of random changes.

    Returns:
        a value for each of ``figure_names``.

    Raises:
        InputError: as ``serialize`` does.
    """
    path = order(points)  # (M,)
    steps = path_statistics(points[path], order.settings.r)
    shortest = path_statistics(points[serialize(points, SHORT)], order.settings.r).length
    copies = ORDERS[order.order].copies
    places = inverse(path, copies).reshape(len(points), copies)  # (N, copies)
    near = locality(neighbours_of(points, k), places, windows)
    kept = stability(points, order, repeats=repeats, seed=seed)
    values = [steps.mean_step, steps.median_step, steps.max_step, steps.jump_share, steps.length]
    values += [steps.length / shortest if shortest > 0 else 1.0, *near, *kept.values()]
    return dict(zip(figure_names(windows), map(float, values), strict=True))


@dataclass(frozen=True)
class Comparison:
    """Figures of several orders over the same clouds."""

    orders: list[str]  # titles
    names: list[str]  # of the figures
    mean: np.ndarray  # (orders, figures)
    std: np.ndarray  # (orders, figures), over the clouds; zero for one cloud
    clouds: int


def compare(
    clouds: Iterable[np.ndarray], orders: list[NamedOrder], *, k: int = 8, repeats: int = 4, seed: int = 0
) -> Comparison:
    """Measure several orders on several clouds; arguments as for ``measure``."""
    names = figure_names()

    def row(points: np.ndarray, order: NamedOrder) -> list[float]:
        return list(measure(points, order, k=k, repeats=repeats, seed=seed).values())

    table = np.array([[row(points, order) for order in orders] for points in clouds])  # (clouds, orders, figures)
    return Comparison([order.title for order in orders], names, table.mean(0), table.std(0), len(table))
