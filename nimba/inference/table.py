"""Answers as a table: one row each, the same columns wherever one is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FIRST = ("file", "label", "class", "probability", "unknown", "is_unknown")
_POSE = ("up", "up_given", "up_confidence", "turn", "points")
_LAST = ("notes", "decided", "error")


def header(top: int) -> list[str]:
    """The names of the columns, with the ``top`` classes of each cloud.

    file; label, the class or "unknown"; class, the most likely one, and its probability; unknown, the score, and
    is_unknown; up, up_given, up_confidence and turn (degrees) of the pose; points; class_2, probability_2 and so on;
    notes; decided (JSON); error.
    """
    more = [name for place in range(2, top + 1) for name in (f"class_{place}", f"probability_{place}")]
    return [*_FIRST, *_POSE, *more, *_LAST]


def cells(row: dict[str, Any], top: int) -> list[Any]:
    """A row of ``Answer.to_dict`` under ``header``; None where there is nothing.

    Rows that earlier versions stored have classes as pairs, and less else.
    """
    classes = [(one["name"], one["probability"]) if isinstance(one, dict) else one for one in row.get("classes", [])]
    ranking = [cell for pair in classes[:top] for cell in pair]  # name, probability, name, ...
    ranking += [None] * (2 * top - len(ranking))
    pose = row.get("pose", {})
    first = [row["file"], row.get("label", ranking[0]), *ranking[:2], row.get("unknown"), row.get("is_unknown")]
    turned = [row.get("up"), row.get("up_given"), pose.get("confidence"), pose.get("turn"), row.get("points")]
    decided = row.get("decided")
    last = ["; ".join(row.get("notes", [])) or None, json.dumps(decided) if decided else None, row.get("error")]
    return [*first, *turned, *ranking[2:], *last]


def frame_of(rows: Iterable[dict[str, Any]], top: int) -> pd.DataFrame:
    """Rows of ``Answer.to_dict`` as a data frame, each column of a type that has room for nothing."""
    import pandas as pd

    content = [[_readable(cell) for cell in cells(row, top)] for row in rows]
    frame = pd.DataFrame(content, columns=header(top), dtype=object)
    return frame.astype({name: _type(name) for name in frame})


def _readable(cell: Any) -> Any:
    """A text in which bytes of a name that is not UTF-8 are spelt out; columns of text hold nothing else."""
    if isinstance(cell, str):
        return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return cell


def _type(column: str) -> str:
    if column.startswith(("probability", "up_confidence", "turn")) or column == "unknown":
        return "Float64"
    if column in ("is_unknown", "up_given"):
        return "boolean"
    return "Int64" if column == "points" else "string"
