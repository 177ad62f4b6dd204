"""What there is to know of a data set before a recipe is chosen for it."""

from dataclasses import dataclass

import numpy as np

from nimba.classifier import load
from nimba.clouds.pose import Up
from nimba.datasets.layout import Layout
from nimba.datasets.randomness import derived_seed
from nimba.runtime.errors import InputError
from nimba.transfer.request import AUTO

_ASKED = 24  # files that vote on the axis


@dataclass(frozen=True)
class Facts:
    """Of the training split.

    Args:
        class_names: in label order.
        counts: (C,) clouds of each class.
        median_points: of a cloud; clouds with more than are kept count as what is kept.
    """

    class_names: list[str]
    counts: np.ndarray
    median_points: int

    @property
    def clouds(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    @property
    def imbalance(self) -> float:
        """How many times as many clouds the largest class has as the smallest."""
        return float(self.counts.max() / max(1, self.counts.min()))


def up_axis(layout: Layout, up: str) -> tuple[Up, str]:
    """The axis of the files that points up, and how it is known; found by a vote of some files of train.

    Raises:
        InputError: where it is to be found, and not one of these files can be read.
    """
    if up != AUTO:
        return up, "as given"  # type: ignore[return-value]
    paths = sorted(layout.files["train"], key=lambda path: derived_seed("up", 0, layout.name_of(path)))[:_ASKED]
    answers = load().classify([*map(str, paths)], turns=1)
    votes = [answer.pose for answer in answers if answer.pose is not None]
    if not votes:
        raise InputError(f"{layout.root}: none of {len(paths)} files could be read: {answers[0].error}")
    axes = [vote.up for vote in votes]
    found = max(set(axes), key=axes.count)
    return found, f"found by {axes.count(found)} of {len(axes)} files; --up sets it"
