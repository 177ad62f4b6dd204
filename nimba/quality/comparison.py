"""Figures of one order on one cloud, and of several orders on many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nimba.quality.batch import NamedOrder, measure_batch
from nimba.quality.figures import OrderFigures, figure_names
from nimba.quality.locality import WINDOWS
from nimba.quality.stability import KINDS
from nimba.runtime.errors import InputError


def measure(
    points: np.ndarray,
    order: NamedOrder,
    *,
    k: int = 8,
    windows: Sequence[int] = WINDOWS,
    repeats: int = 4,
    seed: int = 0,
) -> OrderFigures:
    """Figures of what an order does to a cloud; they do not depend on the order that its points come in.

    Args:
        points: (N, 3) float32 or float64.
        order: what to measure.
        k: nearest neighbours for the locality.
        windows: places for the locality.
        repeats: of random changes, for the stability.
        seed: of random changes.

    Raises:
        InputError: for a cloud without points, and as ``serialize`` does.
    """
    (row,) = measure_batch(points[None], [order], k=k, windows=windows, repeats=repeats, seed=seed)[0].tolist()
    mean, median, longest, jumps, length, over_short, *shares = row
    within = dict(zip(windows, shares[: len(windows)], strict=True))
    kept = dict(zip(KINDS, shares[len(windows) :], strict=True))
    return OrderFigures(mean, median, longest, jumps, length, over_short, within, kept)


@dataclass(frozen=True)
class Comparison:
    """Figures of several orders over the same clouds."""

    orders: list[str]  # titles
    names: list[str]  # of the figures
    mean: np.ndarray  # (orders, figures)
    std: np.ndarray  # (orders, figures), over the clouds; zero for one cloud
    clouds: int


def compare(
    clouds: Iterable[np.ndarray],
    orders: Sequence[NamedOrder],
    *,
    k: int = 8,
    repeats: int = 4,
    seed: int = 0,
    batch_points: int = 8192,
) -> Comparison:
    """Measure several orders on several clouds, of one size or of many.

    Args:
        clouds: (N, 3) each; taken as they come, a batch of clouds of one size at a time.
        orders: one or more.
        k, repeats, seed: as for ``measure``.
        batch_points: measured at a time; more take more memory and are no quicker. The figures do not depend on it.

    Raises:
        InputError: for no clouds, and as ``measure`` does.
    """
    waiting: dict[int, list[tuple[int, np.ndarray]]] = {}  # size -> clouds with their numbers
    rows: dict[int, np.ndarray] = {}  # number of a cloud -> (orders, figures)

    def measure_all(size: int) -> None:
        numbers, batch = zip(*waiting.pop(size), strict=True)
        found = measure_batch(np.stack(batch), orders, k=k, repeats=repeats, seed=seed)  # (orders, B, figures)
        rows.update(zip(numbers, found.swapaxes(0, 1), strict=True))

    for number, points in enumerate(clouds):
        waiting.setdefault(len(points), []).append((number, points))
        if len(points) * len(waiting[len(points)]) >= batch_points:
            measure_all(len(points))
    for size in list(waiting):
        measure_all(size)
    if not rows:
        raise InputError("clouds: none to compare orders on")
    table = np.stack([rows[number] for number in range(len(rows))])  # (clouds, orders, figures)
    return Comparison([order.title for order in orders], figure_names(), table.mean(0), table.std(0), len(table))
