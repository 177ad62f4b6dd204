"""A stratified cut of a labelled split in two."""

from collections.abc import Sequence

import numpy as np

from nimba.datasets.randomness import derived_seed


def stratified_split(
    labels: np.ndarray, ids: Sequence[str], fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut ``fraction`` of every class from a split.

    Clouds are ranked by a hash of (seed, id), not by a random generator: the cut is the same on every machine and with
    every version of every library, and another cloud more or less does not shuffle the rest. A class of two or more
    gives at least one and keeps at least one; a class of one keeps it.

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
        cut += sorted(members, key=lambda place: derived_seed("split", seed, ids[place]))[:wanted]
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[cut] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
