"""The figures of one evaluation, all from one confusion matrix."""

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """What a classifier made of a split.

    Args:
        class_names: C names.
        confusion: C rows of C counts; row: true class, column: predicted class.
    """

    class_names: list[str]
    confusion: list[list[int]]

    @classmethod
    def from_counts(cls, class_names: list[str], counts: Tensor) -> "Scores":
        """From a (C, C) tensor of counts."""
        return cls(list(class_names), counts.long().tolist())

    @property
    def samples(self) -> int:
        """Number of clouds."""
        return sum(map(sum, self.confusion))

    @property
    def overall_accuracy(self) -> float:
        """OA: share of clouds classified right."""
        return sum(row[i] for i, row in enumerate(self.confusion)) / max(1, self.samples)

    @property
    def class_accuracies(self) -> dict[str, float | None]:
        """Share of each class's clouds classified right; None for a class without clouds."""
        return {
            name: row[i] / sum(row) if sum(row) else None
            for i, (name, row) in enumerate(zip(self.class_names, self.confusion, strict=True))
        }

    @property
    def mean_class_accuracy(self) -> float:
        """MAcc: mean of the class accuracies, over the classes that have clouds."""
        known = [accuracy for accuracy in self.class_accuracies.values() if accuracy is not None]
        return math.fsum(known) / max(1, len(known))

    def summary(self) -> dict[str, Any]:
        """The two accuracies and the number of clouds."""
        return {"OA": self.overall_accuracy, "mAcc": self.mean_class_accuracy, "samples": self.samples}

    def to_dict(self) -> dict[str, Any]:
        """Everything, in plain types."""
        return {
            **self.summary(),
            "class_accuracies": self.class_accuracies,
            "class_names": self.class_names,
            "confusion": self.confusion,
        }
