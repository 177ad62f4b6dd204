"""Which trained weights suit a data set best: asked of the data, in half a minute."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nimba.classifier import load
from nimba.classifier.shipped import list_weights
from nimba.classifier.spec import ClassifierSpec
from nimba.evaluation.class_names import match_classes
from nimba.transfer.features import HeldOut, held_out, own_answers, pooled_features

_MOST = 200  # clouds that are looked at
_FOLDS = 5
_TURNS = 4


@dataclass(frozen=True)
class Candidate:
    """What one network makes of clouds that its training has not shown it.

    Args:
        weights: their name.
        accuracy: of their own head, where it knows the classes; else of a linear classifier on their features, in
            cross-validation.
        log_loss: of the same.
    """

    weights: str
    accuracy: float
    log_loss: float


def rows_of(class_names: Sequence[str], spec: ClassifierSpec) -> list[int] | None:
    """Which rows of the last layer of some weights are the classes of a data set; None where one is not among them."""
    found = match_classes(class_names, spec.class_names)
    rows = [found[name] for name in class_names]
    known = [row for row in rows if row is not None]
    return known if len(set(known)) == len(class_names) else None


def rank_starts(
    clouds: Sequence[np.ndarray],
    labels: np.ndarray,
    groups: Sequence[str],
    class_names: Sequence[str],
    num_points: int,
    seed: int,
) -> list[Candidate]:
    """The weights that come with the package, the most suitable first, by how well they tell the clouds apart.

    First come those whose accuracy is within one standard error of the best (Breiman et al., Classification and
    Regression Trees, 1984, section 3.4.3), by log-loss: it tells apart what accuracy cannot.

    Args:
        clouds: of train alone, as for ``pooled_features``.
        labels: (N,).
        groups: that belong together.
        class_names: C names.
        num_points: of each cloud.
        seed: of the choice of clouds and of the folds.
    """
    chosen = spread(labels, _MOST, seed)
    some, theirs = [clouds[place] for place in chosen], labels[chosen]
    together = [groups[place] for place in chosen]
    candidates = []
    for name in list_weights():
        network = load(name)
        assert network.spec is not None
        rows = rows_of(class_names, network.spec)
        features = pooled_features(network, some, num_points, _TURNS)
        if rows is None:
            found = held_out(features, theirs, together, _FOLDS, seed)
        else:
            found = HeldOut(own_answers(network, features, rows), theirs)
        candidates.append(Candidate(name, found.accuracy, found.log_loss))
    best = max(candidate.accuracy for candidate in candidates)
    error = np.sqrt(best * (1 - best) / len(chosen))
    return sorted(candidates, key=lambda candidate: (candidate.accuracy < best - error, candidate.log_loss))


def spread(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Places of ``most`` clouds, as many of every class as there are, up to an even share."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), int)  # of each cloud within its class, in that order
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    return np.sort(order[np.argsort(rank[order], kind="stable")][:most])
