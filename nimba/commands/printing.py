"""Answers as ``nimba classify`` prints them while they come: rows on stdout, notes, errors and progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Literal

from nimba.inference.answer import Answer
from nimba.inference.export import csv_writer
from nimba.inference.words import HEADINGS, Columns, noted, row, shown

Show = Callable[[Answer], None]
Step = Callable[[int], object]
Form = Literal["json", "csv", "table", "text"]
_ALIGNED = 32  # rows that say how wide columns are; later ones come at once


@contextmanager
def printer(
    form: Literal["json", "csv", "table", "text"], count: int, top: int, few: int
) -> Iterator[tuple[Show, Step]]:
    """Print each answer that is handed to it: at once, or in a terminal as a table at the end.

    Gives what prints an answer, and what moves the bar on.

    Args:
        form: one JSON object a line; CSV; a table for a terminal; or aligned text.
        count: clouds to come.
        top: classes to name.
        few: no more clouds than this need no bar.
    """
    alone = count == 1
    answers: list[Answer] = []
    with progress(count, few) as (step, say):
        aligned = _Aligned()
        write = _writer(form, aligned, top)

        def show(answer: Answer) -> None:
            if form == "table":
                answers.append(answer)
            elif form in ("json", "csv") or not (alone and answer.error):  # whose error says it all
                write(answer)
                sys.stdout.flush()
            what = f"error: {shown(answer.source)}: {answer.error}" if answer.error else ""
            say(what or f"note: {shown(answer.source)}: {noted(answer)}")

        yield show, step
        aligned.flush()
    if form == "table" and not (alone and answers and answers[0].error):
        _print_table(answers, top)


def _writer(form: str, aligned: _Aligned, top: int) -> Show:
    if form == "json":
        return lambda answer: print(json.dumps(answer.to_dict(top)))
    if form == "csv":
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")  # a name that is not UTF-8 comes out as its bytes
        write = csv_writer(sys.stdout, top)
        return lambda answer: write(answer.to_dict(top))
    if form == "table":
        return lambda answer: None
    return lambda answer: aligned(row(answer, top))


class _Aligned:
    """Rows of text under headings, as wide as the first of them need."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, ...]] = []
        self._columns: Columns | None = None

    def __call__(self, row: tuple[str, ...]) -> None:
        if self._columns is not None:
            print(self._columns.line(row))
            return
        self._waiting.append(row)
        if len(self._waiting) == _ALIGNED:
            self.flush()

    def flush(self) -> None:
        """Print what waits."""
        if self._waiting and self._columns is None:
            rows = [HEADINGS, *self._waiting]
            self._columns = Columns.of(rows)
            print("\n".join(map(self._columns.line, rows)))


@contextmanager
def progress(count: int, few: int) -> Iterator[tuple[Step, Callable[[str], object]]]:
    """A bar for a long list, where somebody looks on: what moves it on, and what prints a line over it."""
    if count <= few or not sys.stderr.isatty():
        yield (lambda clouds: None), (lambda line: print(line, file=sys.stderr))
        return
    from tqdm import tqdm

    with tqdm(total=count, unit="cloud", leave=False, file=sys.stderr) as bar:
        yield bar.update, lambda line: tqdm.write(line, file=sys.stderr)


def _print_table(answers: list[Answer], top: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [row(answer, top) for answer in answers]
    used = [place for place, _ in enumerate(HEADINGS) if any(cells[place] for cells in rows)]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place in used:
        table.add_column(HEADINGS[place], justify="right" if HEADINGS[place] in ("probability", "unknown") else "left")
        table.columns[-1].overflow = "fold"
    for answer, cells in zip(answers, rows, strict=True):
        style = "red" if answer.error else "yellow" if answer.is_unknown else ""
        table.add_row(*(Text(cells[place]) for place in used), style=style)  # no markup: names are a stranger's
    Console().print(table)
