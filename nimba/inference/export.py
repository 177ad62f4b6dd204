"""Answers as files: tables and JSON, whole or not at all."""

import csv
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from nimba.inference.answers import Answers
from nimba.inference.table import cells, frame_of, header
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write, check_output

FORMATS = (".parquet", ".csv", ".json", ".jsonl")


def check_table(path: Path) -> None:
    """Refuse before the work what ``write_table`` would refuse after it.

    Raises:
        InputError: an unknown format, or one that needs a package that is not there.
        OSError: the file could not be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path}: unknown format {suffix or 'without suffix'!r}; known: {' '.join(FORMATS)}")
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise InputError(f"{path}: writing Parquet needs pyarrow: pip install 'nimba[tables]'")
    check_place(path)


def check_page(path: Path) -> None:
    """Refuse before the work a page that could not be written after it; raises as ``check_table`` does."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{path}: a page is an .html file")
    check_place(path)


def check_place(path: Path) -> None:
    """Refuse what could not be written where it is to be; raises as ``check_table`` does."""
    if not path.parent.is_dir():
        raise InputError(f"{path}: its folder does not exist; create it first")
    check_output(path)


def write_table(answers: Answers, path: Path, top: int) -> None:
    """Write a row for each answer.

    .parquet and .csv have the columns of ``nimba.inference.table.header``; .json and .jsonl hold ``Answer.to_dict``.

    Raises:
        OSError: naming ``path``, if it cannot be written.
    """
    rows = [answer.to_dict(top) for answer in answers]
    writers = {".parquet": _parquet, ".csv": _csv, ".json": _json, ".jsonl": _json_lines}
    atomic_write(path, lambda partial: writers[path.suffix.lower()](partial, rows, top))


def csv_writer(file: TextIO, top: int) -> Callable[[dict[str, Any]], None]:
    """Write the header; what is returned writes a row of ``Answer.to_dict``."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(header(top))
    return lambda row: table.writerow(cells(row, top))


def _parquet(path: Path, rows: list[dict[str, Any]], top: int) -> None:
    frame_of(rows, top).to_parquet(path, index=False)


def _csv(path: Path, rows: list[dict[str, Any]], top: int) -> None:
    # A name that is not UTF-8 comes out as the bytes that it has on the disk.
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        write = csv_writer(file, top)
        for row in rows:
            write(row)


def _json(path: Path, rows: list[dict[str, Any]], top: int) -> None:
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="ascii")


def _json_lines(path: Path, rows: list[dict[str, Any]], top: int) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="ascii")
