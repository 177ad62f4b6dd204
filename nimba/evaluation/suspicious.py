"""Labels that are probably wrong: confident learning (Northcutt, Jiang and Chuang, JAIR 70, 2021)."""

from dataclasses import dataclass

import numpy as np

from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class Suspicion:
    """A cloud that confidently looks like another class than its label.

    Args:
        place: of the cloud.
        label: its class.
        suggested: the class that it looks like.
        margin: probability of the label less that of the most probable other class, -1 to 1: the lower, the more
            suspicious.
    """

    place: int
    label: int
    suggested: int
    margin: float


def suspicious_labels(probabilities: np.ndarray, labels: np.ndarray) -> list[Suspicion]:
    """The labels that the probabilities confidently contradict, the most suspicious first.

    A cloud confidently looks like class j if its probability of j reaches what clouds labelled j have on average (the
    class's mean self-confidence, equation 2 of the paper); of several such classes, like the most probable (equation
    1). Where that is not its label, the label is suspicious. They are ranked by the normalised margin.

    Args:
        probabilities: (N, C), out of sample: from a network that was not trained on these clouds, or it will agree with
            wrong labels that it has learnt.
        labels: (N,) int, places of classes. A class without clouds has no threshold, and is never suggested.

    Raises:
        InputError: of other shapes, or labels out of range.
    """
    chances, given = np.asarray(probabilities, np.float64), np.asarray(labels)
    if chances.ndim != 2 or given.shape != chances.shape[:1]:
        raise InputError(f"labels: must be (N,) beside probabilities (N, C), got {given.shape} and {chances.shape}")
    if not len(given):
        return []
    if given.min() < 0 or given.max() >= chances.shape[1]:
        raise InputError(f"labels: must be 0 to {chances.shape[1] - 1}, got {given.min()} to {given.max()}")
    rows = np.arange(len(given))
    counts = np.bincount(given, minlength=chances.shape[1])  # (C,)
    sums = np.bincount(given, chances[rows, given], minlength=chances.shape[1])  # (C,)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)  # (C,)
    confident = np.where(chances >= thresholds, chances, -1.0)  # (N, C)
    looks = confident.argmax(1)  # (N,)
    others = chances.copy()
    others[rows, given] = -1.0
    margins = chances[rows, given] - others.max(1) if chances.shape[1] > 1 else np.ones(len(given))  # (N,)
    chosen = np.flatnonzero((confident.max(1) >= 0) & (looks != given))
    ranked = chosen[np.argsort(margins[chosen], kind="stable")]
    return [Suspicion(int(at), int(given[at]), int(looks[at]), float(margins[at])) for at in ranked]
