"""A fixed number of points of a cloud."""

import numpy as np


def resample(points: np.ndarray, num_points: int, seed: int = 0) -> np.ndarray:
    """Choose points at random, independently of the order that they come in.

    The cloud is sorted by coordinates, then a seeded shuffle chooses: the same cloud in another order gives the same
    points. With fewer points than asked for, all are kept and as few as possible are repeated.

    Args:
        points: (N, 3), N >= 1.
        num_points: M.
        seed: of the shuffle.

    Returns:
        (M, 3), of the same type.
    """
    rng = np.random.default_rng(seed)
    rounds = -(-num_points // len(points))
    # Cut one by one: a copy of a whole one is as large as the cloud.
    cut = [rng.permutation(len(points))[: num_points - i * len(points)].copy() for i in range(rounds)]
    ranks = np.concatenate(cut)  # (M,)
    return points[sorted_places(points, ranks)]  # (M, 3)


def sorted_places(points: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Where the points of some ranks stand, by x, then y, then z, then their place: (M,).

    The whole order would be ``np.lexsort(points.T[::-1])``. Sorting by x alone is enough but for ranks that share
    their x with others, and only those are sorted on.

    Args:
        points: (N, 3), finite.
        ranks: (M,) from 0 to N - 1, any number of times.
    """
    if 4 * len(ranks) >= len(points):
        return np.lexsort(points.T[::-1])[ranks]
    x = np.ascontiguousarray(points[:, 0])
    order = np.argsort(x)  # (N,), twice as fast as in the order of places, which only those that share their x need
    ordered = x[order]
    wanted = np.unique(ranks)
    starts, ends = (np.searchsorted(ordered, ordered[wanted], side=side) for side in ("left", "right"))
    del ordered
    tied = np.flatnonzero(ends - starts > 1)
    for start, end in np.unique(np.stack([starts[tied], ends[tied]], 1), axis=0):
        run = order[start:end]
        order[start:end] = run[np.lexsort((run, points[run, 2], points[run, 1]))]
    return order[ranks]
