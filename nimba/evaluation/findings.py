"""What is wrong with the data rather than with the network, as far as can be told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimba.datasets.duplicates import Duplicates, find_duplicates
from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.suspicious import suspicious_labels


@dataclass(frozen=True)
class SuspiciousLabel:
    """A label that the answers confidently contradict.

    Args:
        id: of the cloud.
        label: its class.
        suggested: the class that it looks like.
        margin: probability of the label less that of the most probable other class, -1 to 1.
    """

    id: str
    label: str
    suggested: str
    margin: float

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        return {"file": self.id, "label": self.label, "suggested": self.suggested, "margin": self.margin}


@dataclass(frozen=True)
class Findings:
    """Of a data set.

    Args:
        duplicates: leaks between splits first; None where nobody looked for them.
        labels: suspicious ones, the most suspicious first; None where nobody looked for them.
    """

    duplicates: list[Duplicates] | None = None
    labels: list[SuspiciousLabel] | None = None

    @property
    def leaks(self) -> list[Duplicates]:
        """The duplicates that lie on both sides of a split."""
        return [one for one in self.duplicates or () if one.is_leak]

    @property
    def contradictions(self) -> list[Duplicates]:
        """The duplicates with several labels."""
        return [one for one in self.duplicates or () if one.is_contradiction]

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        return {
            "duplicates": None if self.duplicates is None else [one.to_dict() for one in self.duplicates],
            "suspicious_labels": None if self.labels is None else [one.to_dict() for one in self.labels],
        }


def suspicious_in(evaluation: LabelledEvaluation) -> list[SuspiciousLabel]:
    """The suspicious labels of an evaluation; on clouds that the weights were trained on they say little."""
    found = suspicious_labels(evaluation.probabilities, evaluation.truth)
    names = evaluation.class_names
    return [
        SuspiciousLabel(
            evaluation.ids[evaluation.places[one.place]], names[one.label], names[one.suggested], one.margin
        )
        for one in found
    ]


def duplicates_in(
    files: Mapping[str, Sequence[Path]],
    class_of: Callable[[Path], str],
    name_of: Callable[[Path], str] = str,
    progress: Callable[[int], object] | None = None,
) -> list[Duplicates]:
    """The duplicates among labelled files, within their splits and across them.

    Args:
        files: of each split.
        class_of: the class of a file.
        name_of: what a file is called in the findings.
        progress: is called with how many more clouds were looked at.
    """
    paths = [path for some in files.values() for path in some]
    splits = [split for split, some in files.items() for _ in some]
    classes = [class_of(path) for path in paths]
    return find_duplicates(paths, [name_of(path) for path in paths], splits, classes, progress=progress)
