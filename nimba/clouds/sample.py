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
    ordered = points[np.lexsort(points.T[::-1])]  # (N, 3) by x, then y, then z
    rng = np.random.default_rng(seed)
    rounds = -(-num_points // len(points))
    choice = np.concatenate([rng.permutation(len(points)) for _ in range(rounds)])[:num_points]
    return ordered[choice]  # (M, 3)
