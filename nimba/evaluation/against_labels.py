"""What weights made of labelled clouds: the answers beside the labels, and the figures of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nimba.evaluation.figures import ClassFigures, auroc, class_figures, log_loss, top_accuracy, wilson_interval
from nimba.evaluation.scores import Scores
from nimba.inference import Answer, Answers
from nimba.inference.fitting import expected_calibration_error

TOP = 5
STRANGER = -1  # label of a cloud whose class the weights do not know


@dataclass(frozen=True)
class Mistake:
    """A cloud whose most probable class is not its label.

    Args:
        place: of the cloud in what was given.
        id: of the cloud.
        label: its class.
        answer: what was said of it.
    """

    place: int
    id: str
    label: str
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        chances = self.answer.probabilities
        return {
            "file": self.id,
            "label": self.label,
            "answer": self.answer.nearest,
            "probability": self.answer.confidence,
            "probability_of_label": chances[self.label],
            "is_unknown": self.answer.is_unknown,
        }


@dataclass(frozen=True, eq=False)
class LabelledEvaluation:
    """What weights make of labelled clouds.

    A cloud that is called unknown counts by the most probable of the known classes, as in the literature; how many were
    called so is told apart.

    Args:
        class_names: of the weights, in label order.
        ids: of the clouds, in the order given.
        labels: (N,) int64, places in ``class_names``; ``STRANGER`` for classes that the weights do not know.
        names: of the clouds' classes, as the weights spell them where they know them.
        answers: one for each cloud.
        items: the clouds themselves, or their paths.
        seconds: it took.
    """

    class_names: list[str]
    ids: list[str]
    labels: np.ndarray = field(repr=False)
    names: list[str] = field(repr=False)
    answers: Answers = field(repr=False)
    items: Sequence[Any] = field(repr=False)
    seconds: float

    @cached_property
    def places(self) -> np.ndarray:
        """(M,) places of the clouds that are scored: those that could be read, of classes that the weights know."""
        read = np.array([answer.error is None for answer in self.answers], bool)
        return np.flatnonzero(read & (self.labels != STRANGER))

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(M, C) float32 of the scored clouds."""
        return np.array([self.answers[place].scores for place in self.places], np.float32)

    @cached_property
    def truth(self) -> np.ndarray:
        """(M,) labels of the scored clouds."""
        return self.labels[self.places]

    @cached_property
    def predicted(self) -> np.ndarray:
        """(M,) the most probable class of each."""
        return self.probabilities.argmax(1)

    @cached_property
    def scores(self) -> Scores:
        """The confusion matrix, and the accuracies of it."""
        counts = np.zeros((len(self.class_names), len(self.class_names)), np.int64)
        np.add.at(counts, (self.truth, self.predicted), 1)
        return Scores(list(self.class_names), counts.tolist())

    @cached_property
    def classes(self) -> list[ClassFigures]:
        """Precision, recall and F1 of each class, in label order."""
        return class_figures(self.scores)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of OA, by the number of clouds (Wilson)."""
        return wilson_interval(int((self.truth == self.predicted).sum()), len(self.truth))

    @cached_property
    def ece(self) -> float:
        """The expected calibration error, in 15 bins."""
        return expected_calibration_error(self.probabilities.max(1), self.truth == self.predicted)

    @property
    def errors(self) -> dict[str, str]:
        """Why clouds could not be read, by their ids."""
        return {id: answer.error for id, answer in zip(self.ids, self.answers, strict=True) if answer.error is not None}

    @cached_property
    def strange(self) -> dict[str, Any] | None:
        """How the clouds of classes that the weights do not know fare; None where there are none.

        "clouds" and "called_unknown" in all and for each class; "auroc": the chance that one of them has a higher
        unknown score than a cloud of a known class, None where the weights give no such score.
        """
        chosen = [
            (name, answer)
            for name, label, answer in zip(self.names, self.labels, self.answers, strict=True)
            if label == STRANGER and answer.error is None
        ]
        if not chosen:
            return None
        known = [self.answers[place].unknown for place in self.places]
        scores = [answer.unknown for _, answer in chosen]
        told = known and None not in known and None not in scores
        classes = {
            name: {
                "clouds": sum(own == name for own, _ in chosen),
                "called_unknown": sum(own == name and answer.is_unknown for own, answer in chosen),
            }
            for name in sorted({name for name, _ in chosen})
        }
        return {
            "clouds": len(chosen),
            "called_unknown": sum(answer.is_unknown for _, answer in chosen),
            "auroc": auroc(np.array(known, float), np.array(scores, float)) if told else None,
            "classes": classes,
        }

    def mistakes(self, most: int | None = None) -> list[Mistake]:
        """The wrong answers, the most confident first; ``most`` of them, or all."""
        wrong = np.flatnonzero(self.truth != self.predicted)
        order = wrong[np.argsort(-self.probabilities[wrong].max(1), kind="stable")] if len(wrong) else wrong
        return [
            Mistake(place, self.ids[place], self.names[place], self.answers[place])
            for place in map(int, self.places[order[:most]])
        ]

    def confusions(self, most: int = 10) -> list[tuple[str, str, int]]:
        """The most frequent mistakes: true class, answer, how often."""
        counts = np.array(self.scores.confusion)
        np.fill_diagonal(counts, 0)
        order = np.argsort(-counts, axis=None, kind="stable")[:most]
        pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
        return [(self.class_names[i], self.class_names[j], int(counts[i, j])) for i, j in pairs if counts[i, j]]

    def metrics(self) -> dict[str, Any]:
        """The figures alone, flat: shares from 0 to 1, counts and seconds; None where there is none to tell.

        Of the clouds of known classes that could be read ("clouds"): "oa", the ends of its 95 % interval "oa_low" and
        "oa_high", "macc", "f1" (the mean over classes with clouds), "top5" (of more than five classes), "ece",
        "log_loss", and "called_unknown", the share that was. "errors": files that could not be read. "seconds".
        Where there are classes that the weights do not know: "unknown_clouds", "unknown_called", "unknown_auroc".
        """
        known = [figures.f1 for figures in self.classes if figures.f1 is not None]
        found = [self.answers[place] for place in self.places]
        can_say = all(answer.unknown is not None for answer in found)
        strange = self.strange
        apart = (
            {}
            if strange is None
            else {
                "unknown_clouds": strange["clouds"],
                "unknown_called": strange["called_unknown"] / strange["clouds"],
                "unknown_auroc": strange["auroc"],
            }
        )
        return {
            "oa": self.scores.overall_accuracy,
            "oa_low": self.interval[0],
            "oa_high": self.interval[1],
            "macc": self.scores.mean_class_accuracy,
            "f1": sum(known) / len(known),
            "top5": top_accuracy(self.probabilities, self.truth, TOP) if len(self.class_names) > TOP else None,
            "ece": self.ece,
            "log_loss": log_loss(self.probabilities, self.truth),
            "called_unknown": sum(answer.is_unknown for answer in found) / len(found) if can_say else None,
            "clouds": len(self.places),
            "errors": len(self.errors),
            "seconds": round(self.seconds, 3),
            **apart,
        }

    def to_dict(self, worst: int | None = None) -> dict[str, Any]:
        """Everything but the answers, in plain types fit for JSON; of the mistakes the ``worst``, or all."""
        return {
            "metrics": self.metrics(),
            "class_names": list(self.class_names),
            "confusion": self.scores.confusion,
            "classes": [figures.to_dict() for figures in self.classes],
            "unknown": self.strange,
            "mistakes": [mistake.to_dict() for mistake in self.mistakes(worst)],
            "errors": self.errors,
        }
