"""The answer about one cloud: its class or "unknown", how sure that is, and what was done to the cloud."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from nimba.inference.decide import Decision, Pose
from nimba.inference.notebook import as_html
from nimba.inference.said import UNKNOWN
from nimba.inference.words import sentence


@dataclass(frozen=True, repr=False)
class Answer:
    """What a cloud shows, or why it could not be classified.

    Args:
        source: path of the file, or the place of the cloud in what was given, such as ``x[3]``.
        points: how many the cloud has; of a mesh, those drawn on its surface.
        class_names: the classes that the model knows.
        scores: the probability of each, if the cloud is of one of them.
        unknown: how strange the cloud is to the model, from 0 for what training has seen to 1; None where the weights
            cannot say.
        is_unknown: whether that is beyond .5, the threshold that accepts 95 % of known clouds.
        pose: how the cloud was turned; None where it could not be read.
        notes: what a user should know of the reading, a sentence each.
        decided: the same for programs: see ``nimba.clouds.Reading``.
        error: why the cloud could not be classified; None where it was.
        cloud: (P, 3) float32, the points that the network read, in the file's axes; only where they were asked for.
    """

    source: str
    points: int = 0
    class_names: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    unknown: float | None = None
    is_unknown: bool = False
    pose: Pose | None = None
    notes: tuple[str, ...] = ()
    decided: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    cloud: np.ndarray | None = field(default=None, compare=False)

    @property
    def label(self) -> str | None:
        """The class, or "unknown"; None where the cloud could not be classified."""
        return UNKNOWN if self.is_unknown else self.nearest

    @property
    def nearest(self) -> str | None:
        """The most likely of the known classes, also of a cloud that is of none of them."""
        return self.top(1)[0][0] if self.scores else None

    @property
    def confidence(self) -> float | None:
        """The probability of ``nearest``, 0 to 1."""
        return max(self.scores) if self.scores else None

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of each class, from the most likely on."""
        return dict(self.top(len(self.scores)))

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The ``count`` most likely classes and their probabilities."""
        order = sorted(range(len(self.scores)), key=lambda place: -self.scores[place])
        return [(self.class_names[place], self.scores[place]) for place in order[:count]]

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain types, fit for JSON.

        Args:
            top: how many classes; None for all.

        Returns:
            "file", "points", "label", "up", "up_given", "classes" (from the most likely on: "name", "probability"),
            "unknown", "is_unknown", "pose" ("up", "given", "confidence", "turn" in degrees), "notes" and "decided"; of
            a cloud that could not be classified, "file" and "error".
        """
        if self.error is not None or self.pose is None:
            return {"file": self.source, "error": self.error}
        ranking = self.top(len(self.scores) if top is None else top)
        return {
            "file": self.source,
            "points": self.points,
            "label": self.label,
            "up": self.pose.up,
            "up_given": self.pose.given,
            "classes": [{"name": name, "probability": probability} for name, probability in ranking],
            "unknown": self.unknown,
            "is_unknown": self.is_unknown,
            "pose": asdict(self.pose),
            "notes": list(self.notes),
            "decided": self.decided,
        }

    def __repr__(self) -> str:
        return f"<Answer {sentence(self)}>"

    def _repr_html_(self) -> str:
        return as_html([self])


def answered(
    source: str,
    points: int,
    class_names: tuple[str, ...],
    decision: Decision,
    notes: tuple[str, ...] = (),
    decided: dict[str, Any] | None = None,
    cloud: np.ndarray | None = None,
) -> Answer:
    """The answer that a decision makes about what was read."""
    scores = tuple(map(float, decision.probabilities))
    return Answer(
        source,
        points,
        class_names,
        scores,
        None if decision.unknown is None else float(decision.unknown),
        bool(decision.is_unknown),
        decision.pose,
        notes,
        decided or {},
        cloud=cloud,
    )
