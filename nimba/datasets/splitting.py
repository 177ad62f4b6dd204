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


def grouped_split(
    labels: np.ndarray, groups: Sequence[str], fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut about ``fraction`` of every class from a split, so that no group falls on both sides.

    Groups come in the order of a hash; one is cut where that brings the classes' counts nearer to what they should be.
    A class of two groups or more gives at least one, where that leaves no other class without.

    Args:
        labels: (M,) class indices.
        groups: M names; a group may have clouds of several classes.
        fraction: share to cut, in [0, 1).
        seed: seed of the cut.

    Returns:
        kept and cut indices, each ascending.
    """
    names, place, counts = _counted(labels, groups)
    order = sorted(range(len(names)), key=lambda group: derived_seed("split", seed, names[group]))
    total = counts.sum(0)  # (C,)
    wanted = fraction * total
    cut = np.zeros(len(names), dtype=bool)

    def lack(chosen: np.ndarray) -> float:
        return float((((wanted - counts[chosen].sum(0)) / np.maximum(total, 1)) ** 2).sum())

    def leaves_some(chosen: np.ndarray) -> bool:
        return bool((counts[chosen].sum(0)[total > 0] < total[total > 0]).all())

    for group in order if fraction > 0 else ():
        more = cut.copy()
        more[group] = True
        if lack(more) < lack(cut) and leaves_some(more):
            cut = more
    for label in range(counts.shape[1]) if fraction > 0 else ():
        members = [group for group in order if counts[group, label]]
        if len(members) > 1 and not cut[members].any():
            for group in sorted(members, key=lambda group: int(counts[group].sum())):
                more = cut.copy()
                more[group] = True
                if leaves_some(more):
                    cut = more
                    break
    return np.flatnonzero(~cut[place]), np.flatnonzero(cut[place])


def grouped_folds(labels: np.ndarray, groups: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Deal whole groups out to folds, the largest first, each to the fold that has the least of its classes.

    Args:
        labels: (M,) class indices.
        groups: M names.
        folds: how many, 2 or more.
        seed: seed of the dealing.

    Returns:
        (M,) int64: the fold of each cloud.
    """
    names, place, counts = _counted(labels, groups)
    share = counts / np.maximum(counts.sum(0), 1)  # (G, C) of each class
    order = sorted(
        range(len(names)), key=lambda group: (-counts[group].sum(), derived_seed("split", seed, names[group]))
    )
    held = np.zeros((folds, counts.shape[1]))
    fold = np.empty(len(names), dtype=np.int64)
    for group in order:
        fold[group] = np.argmin(
            [((held[one] + share[group]) ** 2).sum() - (held[one] ** 2).sum() for one in range(folds)]
        )
        held[fold[group]] += share[group]
    return fold[place]


def _counted(labels: np.ndarray, groups: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the groups (G), the group of each cloud (M,), and clouds of each class in each group (G, C)."""
    names, place = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    counts = np.zeros((len(names), int(labels.max()) + 1), dtype=np.int64)
    np.add.at(counts, (place, labels), 1)
    return names.tolist(), place, counts


def _ranked(members: list[int], ids: Sequence[str], seed: int) -> list[int]:
    """In the order of a hash of (seed, id), not of a random generator's numbers."""
    return sorted(members, key=lambda place: derived_seed("split", seed, ids[place]))
