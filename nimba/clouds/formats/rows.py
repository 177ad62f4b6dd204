"""Rows of numbers in text, read strictly: what is not a number is refused, never guessed at."""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nimba.clouds.formats.limits import check_count
from nimba.runtime.errors import InputError

_BLOCK = 1 << 23  # bytes; numpy's reader takes about five times as many for a while
_NUMBER = re.compile(rb"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)", re.IGNORECASE)


def read_rows(
    path: Path,
    text: bytes,
    columns: Sequence[int],
    *,
    part: slice | None = None,
    first_line: int = 1,
    delimiter: str | None = None,
    decimal: str = ".",
    slashes: bool = False,
    what: str = "three numbers",
    unit: str = "line",
) -> np.ndarray:
    """Some columns of lines of numbers.

    Blank lines, and what follows a #, are passed over.

    Args:
        path: for errors.
        text: the lines, in any encoding that has ASCII in it.
        part: of the text that is read, without a copy; None for all.
        columns: which to take, from 0; what stands in the others is not looked at.
        first_line: number of the first line, for errors.
        delimiter: between columns, one character; None for blanks and tabs.
        decimal: "." or ",".
        slashes: pass over what follows // too.
        what: name of the numbers, for errors.
        unit: what a line is, for errors.

    Returns:
        (R, columns) float64, NaN and infinities among them.

    Raises:
        InputError: naming the first line that does not have a number in each of the columns; more rows than the limit.
    """
    # A row is a line, and takes two bytes a column. Pages of the table that are not written to take no memory.
    start, end, _ = (part or slice(None)).indices(len(text))
    breaks = text.count(b"\n", start, end) + text.count(b"\r", start, end)
    most = min(breaks, (end - start) // (2 * len(columns))) + 1
    table = np.empty((most, len(columns)))
    filled, line = 0, first_line
    for block in _blocks(text, start, end):
        clean = re.sub(rb"//[^\n\r]*", b"", block) if slashes else block
        if decimal == ",":
            clean = clean.replace(b",", b".")
        try:
            rows = _parsed(clean, columns, delimiter)
        except ValueError:
            raise InputError(_complaint(path, clean, columns, delimiter, line, what, unit)) from None
        check_count(path, filled + len(rows), "rows")
        table[filled : filled + len(rows)] = rows
        filled += len(rows)
        line += block.count(b"\n")
    return table[:filled]


def read_whole_numbers(path: Path, lines: Sequence[bytes], columns: Sequence[int], what: str) -> np.ndarray:
    """Columns of whole numbers, of lines none of which is blank: (lines, columns) int64.

    Raises:
        InputError: a line without a whole number in each of the columns.
    """
    if not lines:
        return np.empty((0, len(columns)), np.int64)
    text = io.StringIO(b"\n".join(lines).decode("ascii", "replace"))
    try:
        table = np.loadtxt(text, np.int64, comments=None, usecols=tuple(columns), ndmin=2)
    except ValueError:
        table = np.empty((0, len(columns)), np.int64)
    if len(table) != len(lines):
        raise InputError(f"{path}: {what} that are not whole numbers; is the file complete?")
    return table


def _blocks(text: bytes, start: int, stop: int) -> Iterator[bytes]:
    """Pieces of about 8 MB that end with a line."""
    while start < stop:
        end = stop
        if end - start > _BLOCK:
            # A line of 8 MB is no row of numbers; it is cut, and its reader says so.
            end = text.rfind(b"\n", start, start + _BLOCK) + 1 or start + _BLOCK
        yield text[start:end]
        start = end


def _parsed(block: bytes, columns: Sequence[int], delimiter: str | None) -> np.ndarray:
    text = io.StringIO(block.decode("ascii", "replace"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of no rows
        return np.loadtxt(text, comments="#", delimiter=delimiter, usecols=tuple(columns), quotechar='"', ndmin=2)


def _complaint(
    path: Path, block: bytes, columns: Sequence[int], delimiter: str | None, number: int, what: str, unit: str
) -> str:
    """Which line numpy's reader, which does not count blank ones, stumbled over."""
    for i, line in enumerate(block.splitlines(), number):
        fields = line.partition(b"#")[0].strip().split(delimiter.encode() if delimiter else None)
        if fields and not all(c < len(fields) and _NUMBER.fullmatch(fields[c].strip(b' \t"')) for c in columns):
            hint = " (its decimals have commas; write points)" if re.search(rb"\d,\d", line) else ""
            return f"{path}: {unit} {i} is not {what}: {line[:40].strip().decode('ascii', 'backslashreplace')!r}{hint}"
    return f"{path}: a {unit} from {number} on is not {what}"
