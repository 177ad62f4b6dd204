"""Score weights on labelled clouds exactly as ``nimba classify`` answers about them: the figures are a user's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nimba.evaluation.against_labels import STRANGER, TOP, LabelledEvaluation, Mistake
from nimba.evaluation.class_names import match_classes, refuse_strangers
from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.classifier import NimbaClassifier

__all__ = ["STRANGER", "LabelledEvaluation", "Mistake", "evaluate_clouds"]


def evaluate_clouds(
    model: NimbaClassifier,
    items: Sequence[Any],
    labels: Sequence[str],
    ids: Sequence[str],
    *,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    turns: Literal[1, 4] | None = None,
    together: bool = True,
    unknown: bool = False,
    progress: Callable[[int], object] | None = None,
) -> LabelledEvaluation:
    """Score a model on labelled clouds, as it answers about clouds that a user gives it.

        evaluation = evaluate_clouds(nimba.load(), ["a.ply", "b.ply"], ["chair", "night stand"], ["a", "b"])
        evaluation.metrics()["oa"], evaluation.scores.confusion, evaluation.mistakes(3)

    Args:
        model: with its ``spec``, as ``nimba.load`` gives it.
        items: what ``model.classify`` takes a list of: paths of files, or arrays (N, 3).
        labels: the class of each; matched to the model's without regard to case, spaces, underscores and hyphens.
        ids: what each is called in the findings.
        up: as for ``model.classify``.
        turns: as for ``model.classify``.
        together: as for ``model.classify``.
        unknown: count clouds of classes that the model does not know apart, in place of refusing them.
        progress: is called with how many more clouds were looked at.

    Raises:
        InputError: no clouds, not as many labels or ids, classes that the model does not know, or not one cloud of a
            known class that can be read.
    """
    if not len(items) == len(labels) == len(ids):
        raise InputError(f"items: {len(items)}, with {len(labels)} labels and {len(ids)} ids; give one for each")
    if not len(items):
        raise InputError("items: no clouds; give one or more")
    if model.spec is None:
        raise InputError("model: has no class names; take one from nimba.load(), or set its spec")
    known = model.spec.class_names
    found = match_classes(labels, known)
    if not unknown:
        refuse_strangers(found, known, "rename or remove them, or count them apart (--unknown)")
    if all(place is None for place in found.values()):
        raise InputError(f"not one class of the weights is in the data; they know {', '.join(known[:TOP])} ...")
    places = [found[label] for label in labels]
    names = [label if place is None else known[place] for label, place in zip(labels, places, strict=True)]
    start = time.perf_counter()
    answers = model.classify(list(items), up=up, turns=turns, together=together, progress=progress)
    seconds = time.perf_counter() - start
    if len(answers) != len(items):
        raise InputError(f"items: {len(answers)} clouds in {len(items)} items; give each a label of its own")
    numbers = np.array([STRANGER if place is None else place for place in places], np.int64)
    evaluation = LabelledEvaluation(list(known), list(ids), numbers, names, answers, items, seconds)
    if not len(evaluation.places):
        first = next(iter(evaluation.errors.items()), None)
        why = f", such as {first[0]}: {first[1]}" if first else ""
        raise InputError(f"not one of {len(items)} clouds of known classes could be read{why}")
    return evaluation
