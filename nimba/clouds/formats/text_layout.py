"""Where the points of a text file stand: what separates its columns, which of them are x, y and z, and what is header.

Found by its first lines; that the others agree is for the reader to see.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nimba.clouds.formats.columns import find_axes, unit_of
from nimba.clouds.formats.text_fields import are_numbers, decimal_of, delimiter_of, split, uncommented

_HEADER_LINES = 100
_SAMPLE = 100  # rows that are looked at
_NUMBERED = 10  # rows that have to count 1, 2, 3 ... for their first column to be their number
_AGREEING = 3  # rows that have to have their numbers in the same columns, where words stand before them
_LONGEST = 1 << 16
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_COUNTED = re.compile(r"\d+(\.0*)?", re.ASCII)
_MARKS = "#/%!;* \t"  # what a header may begin with


@dataclass(frozen=True)
class Layout:
    """How a text is to be read.

    Args:
        start: place of the first byte of the first row.
        line: its number, from 1.
        columns: places of x, y and z in a row.
        delimiter: between columns; None for blanks and tabs.
        decimal: "." or ",".
        width: columns of the first row.
        names: of x, y and z, where the header names them.
        numbered: the first column seems to count the rows.
        declared: rows that the header says there are.
        unit: of the coordinates, where the header says so.
        notes: what was taken for granted.
    """

    start: int
    line: int
    columns: tuple[int, ...]
    delimiter: str | None
    decimal: str
    width: int
    names: tuple[str, ...] = ()
    numbered: bool = False
    declared: int | None = None
    unit: str | None = None
    notes: tuple[str, ...] = ()


def find_layout(text: bytes) -> Layout | None:
    """The layout of a text by its beginning; None where that has nothing but comments and blank lines.

    Raises:
        ValueError: no row of three numbers among the first lines, or rows that can be read in two ways.
    """
    start, header, declared, unread = 0, "", None, None
    for number in range(1, _HEADER_LINES + 1):
        end = text.find(b"\n", start, start + _LONGEST) + 1 or len(text)
        line = text[start : min(end, start + _LONGEST)].decode("utf-8", "replace").strip()
        bare = uncommented(line)
        found = _row(bare, header, _sample(text, start))
        if found is not None:
            return replace(found, start=start, line=number, declared=declared)
        if _DIGITS.fullmatch(bare) and len(bare) < 16:
            declared = int(bare)
        else:
            unread = unread or (bare and (number, start, bare))
            header = line.lstrip(_MARKS) or header
        start = end
        if start == len(text):
            break
    if not unread:
        return None
    number, start, bare = unread
    found = _behind_words(bare, _sample(text, start))
    if found is not None:
        return replace(found, start=start, line=number)
    raise ValueError(f"line {number} is not three numbers: {bare[:40]!r}")


def _row(line: str, header: str, sample: list[str]) -> Layout | None:
    """The layout of a line that is the first row, with the rows behind it; None where it is none."""
    delimiter = delimiter_of(line)
    fields, names = split(line, delimiter), split(header, delimiter)
    rows = [split(one, delimiter) for one in sample]
    named = find_axes(names)
    layout = Layout(0, 0, (0, 1, 2), delimiter, ".", len(fields))
    if named is not None:
        if len(names) == len(fields) - 1 and _numbers_rows(rows):
            # R writes no name above the numbers of its rows: the others stand a column further right.
            named = tuple(column + 1 for column in named)
            names = ["", *names]
        if are_numbers(fields, named, delimiter, missing=True):
            chosen = tuple(names[column] for column in named)
            layout = replace(layout, columns=named, names=chosen, unit=unit_of(chosen))
            return replace(layout, decimal=decimal_of(rows, named))
    if not are_numbers(fields, (0, 1, 2), delimiter) or _is_of_another_kind(delimiter, sample):
        return None
    return _unnamed(replace(layout, decimal=decimal_of(rows, (0, 1, 2))), names, rows)


def _is_of_another_kind(delimiter: str | None, sample: list[str]) -> bool:
    """Whether the line behind a first one is a row, but not by what separates the first one: that is a header."""
    if len(sample) < 2:
        return False
    other = delimiter_of(sample[1])
    alike = are_numbers(split(sample[1], delimiter), (0, 1, 2), delimiter)
    return not alike and other != delimiter and are_numbers(split(sample[1], other), (0, 1, 2), other)


def _sample(text: bytes, start: int) -> list[str]:
    """The first rows, without comments."""
    lines = text[start : start + _LONGEST].decode("utf-8", "replace").splitlines()
    rows = [uncommented(line.strip()) for line in lines[: 2 * _SAMPLE]]
    return [row for row in rows if row][:_SAMPLE]


def _unnamed(layout: Layout, header: Sequence[str], rows: list[list[str]]) -> Layout:
    """The layout of rows whose header does not say which columns are x, y and z."""
    fields = [field for row in rows for field in row]
    whole = layout.delimiter == "," and layout.width == 6 and all(_WHOLE.fullmatch(field) for field in fields)
    fractions = [row[i] for row in rows if whole and len(row) == layout.width for i in (1, 3, 5)]
    if any(len(fraction) > 1 and fraction.startswith("0") for fraction in fractions):
        raise ValueError("commas between columns and in decimals: write the columns apart with semicolons")
    filled = len(rows[0]) - (rows[0][-1] == "") if rows else 0  # a delimiter at the end makes no column
    if filled > 3 and _numbers_rows(rows) and are_numbers(rows[0], (1, 2, 3), layout.delimiter):
        return replace(layout, columns=(1, 2, 3), numbered=True, decimal=decimal_of(rows, (1, 2, 3)))
    if len(header) == layout.width and not are_numbers(header, (0, 1, 2), layout.delimiter):
        return replace(layout, notes=(f"its columns {', '.join(header[:3])[:60]!r} are taken for x, y and z",))
    return layout


def _behind_words(line: str, sample: list[str]) -> Layout | None:
    """The layout of rows with words before their numbers, as labels are; None where rows do not agree."""
    delimiter = delimiter_of(line)
    rows = [split(one, delimiter) for one in sample]
    width = min(map(len, rows), default=0)
    for first in range(1, width - 2):
        columns = tuple(range(first, first + 3))
        if len(rows) >= _AGREEING and all(are_numbers(row, columns, delimiter) for row in rows):
            which = ", ".join(str(column + 1) for column in columns)
            note = f"its columns {which} are taken for x, y and z: before them are words"
            return Layout(0, 0, columns, delimiter, decimal_of(rows, columns), len(rows[0]), notes=(note,))
    return None


def _numbers_rows(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column counts upwards by one."""
    firsts = [row[0] for row in rows]
    if len(firsts) < _NUMBERED or not all(_COUNTED.fullmatch(first) and len(first) < 16 for first in firsts):
        return False
    return all(float(second) == float(first) + 1 for first, second in pairwise(firsts))
