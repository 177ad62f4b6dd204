"""Stratified cuts of a labelled split: in two, or into folds."""

from collections.abc import Sequence

import numpy as np

from nimba.datasets.randomness import derived_seed


def stratified_split(
    labels: np.ndarray, ids: Sequence[str], fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut ``fraction`` of every class from a split.

    The cut is the same on every machine and with every version of every library, and another cloud more or less does
    not shuffle the rest. A class of two or more gives at least one and keeps at least one; a class of one keeps it.

    Args:
        labels: (M,) class indices.
        ids: M names.
        fraction: share to cut, in [0, 1).
        seed: seed of the cut.

    Returns:
        kept and cut indices, each ascending.
    """
    cut: list[int] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label).tolist()
        wanted = min(max(round(fraction * len(members)), 1), len(members) - 1) if fraction > 0 else 0
        cut += _ranked(members, ids, seed)[:wanted]
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[cut] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def stratified_folds(labels: np.ndarray, ids: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Deal the clouds of every class out to folds, for cross-validation.

    Sizes differ by one cloud at most, within each class and in all. The same on every machine, as a cut in two is.

    Args:
        labels: (M,) class indices.
        ids: M names.
        folds: how many, 2 or more.
        seed: seed of the dealing.

    Returns:
        (M,) int64: the fold of each cloud.
    """
    fold = np.empty(len(labels), dtype=np.int64)
    dealt = 0  # a class goes on where the one before it ended, so that the first folds do not get every remainder
    for label in np.unique(labels):
        members = _ranked(np.flatnonzero(labels == label).tolist(), ids, seed)
        fold[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold


def _ranked(members: list[int], ids: Sequence[str], seed: int) -> list[int]:
    """In the order of a hash of (seed, id), not of a random generator's numbers."""
    return sorted(members, key=lambda place: derived_seed("split", seed, ids[place]))
