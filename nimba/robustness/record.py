"""The record of a robustness test: one JSON file, written cell by cell, so that a test can be interrupted."""

import json
from pathlib import Path
from typing import Any

from nimba.robustness.cells import Cell
from nimba.robustness.corruptions import CORRUPTIONS, GROUPS, SEVERITIES
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json

_MUST_AGREE = ("weights", "settings", "data")


class RobustnessRecord:
    """What was tested, and how each cell came out.

    Args:
        path: of the file; cells that are in it already are kept.
        head: what the cells belong to; its "weights", "settings" and "data" must be those of the file that is there.

    Raises:
        InputError: if the file is no such record, or that of another test.
    """

    def __init__(self, path: Path, head: dict[str, Any]):
        self.path = path
        self.head = head
        self.cells: dict[str, dict[str, float]] = {}
        self.seconds = 0.0
        if path.exists():
            stored = _read(path)
            self._check(stored)
            self.cells, self.seconds = stored["cells"], stored["seconds"]

    def missing(self, wanted: list[Cell]) -> list[Cell]:
        """The cells that are not there yet."""
        return [cell for cell in wanted if cell.key not in self.cells]

    def add(self, cell: Cell, scores: dict[str, float], seconds: float) -> None:
        """Keep a cell's scores ("OA", "mAcc") and write the file."""
        self.cells[cell.key] = scores
        self.seconds += seconds
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Everything, in plain types."""
        summary = summarise(self.cells)
        return {**self.head, "seconds": round(self.seconds, 1), "summary": summary, "cells": self.cells}

    def _check(self, stored: dict[str, Any]) -> None:
        for part in _MUST_AGREE:
            for key, value in self.head[part].items():
                if stored[part].get(key) != value:
                    raise InputError(
                        f"{self.path}: holds a test with other {part} ({key} is {stored[part].get(key)!r} there, "
                        f"{value!r} here); give another --output, or delete it"
                    )


def summarise(cells: dict[str, dict[str, float]]) -> dict[str, Any] | None:
    """Error rates over the corruptions: of each, the mean over severities; of each group, the mean over its members.

    "mER" is the mean over all 15 (Sun et al. 2022). None unless every cell of every corruption is there.
    """
    keys = [Cell(name, severity).key for name in CORRUPTIONS for severity in SEVERITIES]
    if any(key not in cells for key in keys):
        return None
    errors = {
        name: sum(1 - cells[Cell(name, severity).key]["OA"] for severity in SEVERITIES) / len(SEVERITIES)
        for name in CORRUPTIONS
    }
    groups = {
        group: _mean([errors[name] for name, corruption in CORRUPTIONS.items() if corruption.group == group])
        for group in GROUPS
    }
    return {"mER": _mean(list(errors.values())), "groups": groups, "corruptions": errors}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable record ({error}); give another --output") from None
    parts = {*_MUST_AGREE, "cells", "seconds"}
    if not isinstance(stored, dict) or not parts <= set(stored):
        raise InputError(f"{path}: not a record of a robustness test; give another --output")
    return stored
