"""The answers about all clouds that were given together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from nimba.inference.answer import Answer
from nimba.inference.notebook import as_html
from nimba.inference.words import HEADINGS, Columns, counted, row, summary

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 20  # rows in a terminal
_OF_ONE = {"source", "points", "label", "nearest", "confidence", "probabilities", "top", "unknown", "is_unknown"} | {
    *("pose", "notes", "decided", "error", "cloud", "scores")
}


class Answers(Sequence[Answer]):
    """The answers, in the order of what was given.

    Where there is only one, what it says is said here as well: ``model.classify("chair.ply").label``.

    Args:
        answers: one for each cloud.
        passed_over: how many files were no clouds, by their names.
    """

    def __init__(self, answers: Sequence[Answer], passed_over: int = 0):
        self._answers = list(answers)
        self.passed_over = passed_over

    @property
    def labels(self) -> list[str | None]:
        """The class of each cloud, or "unknown"; None for one that could not be classified."""
        return [answer.label for answer in self]

    @property
    def errors(self) -> dict[str, str]:
        """Why clouds could not be classified, by their source."""
        return {answer.source: answer.error for answer in self if answer.error is not None}

    @property
    def summary(self) -> str:
        """One line about all: "3 clouds: 2 classes, 1 unknown, 0 errors"."""
        return summary(self._answers, self.passed_over)

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain types, fit for JSON: "answers", as ``Answer.to_dict`` has them, and "passed_over"."""
        return {"answers": [answer.to_dict(top) for answer in self], "passed_over": self.passed_over}

    def to_pandas(self, top: int = 5) -> pd.DataFrame:
        """A data frame with a row for each cloud; the columns are those of ``nimba.inference.table.header``."""
        from nimba.inference.table import frame_of

        return frame_of((answer.to_dict(top) for answer in self), top)

    @overload
    def __getitem__(self, place: int) -> Answer: ...
    @overload
    def __getitem__(self, place: slice) -> Answers: ...
    def __getitem__(self, place: int | slice) -> Answer | Answers:
        return Answers(self._answers[place]) if isinstance(place, slice) else self._answers[place]

    def __len__(self) -> int:
        return len(self._answers)

    def __getattr__(self, name: str) -> Any:
        if name not in _OF_ONE:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if len(self) != 1:
            raise AttributeError(
                f"{name}: there are {counted(len(self), 'answer')}; choose one, such as answers[0].{name}"
            )
        return getattr(self._answers[0], name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(_OF_ONE if len(self) == 1 else ())})

    def __repr__(self) -> str:
        rows = [HEADINGS, *(row(answer, 3) for answer in self[:_SHOWN])]
        columns = Columns.of(rows)
        left = len(self) - _SHOWN
        return "\n".join([self.summary, *map(columns.line, rows), *([f"... {left:,} more"] if left > 0 else [])])

    def _repr_html_(self) -> str:
        return as_html(self._answers, self.summary)
