"""Where the points of a text file stand: what separates its columns, which of them are x, y and z, and what is header.

Found by its first lines; that the others agree is for the reader to see.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_HEADER_LINES = 100
_SAMPLE = 100  # rows that are looked at
_NUMBERED = 10  # rows that have to count 1, 2, 3 ... for their first column to be their number
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
# Names of coordinates in files of CloudCompare, VeloView, pandas and others.
_AXES = (
    *(tuple(prefix + axis for axis in "xyz") for prefix in ("", "p", "pos_", "point_", "coord_")),
    *(tuple(prefix + axis for axis in "012") for prefix in ("points:", "points_", "")),
)


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
        declared: rows that the header says there are.
        notes: what was taken for granted.
    """

    start: int
    line: int
    columns: tuple[int, ...]
    delimiter: str | None
    decimal: str
    width: int
    declared: int | None = None
    notes: tuple[str, ...] = ()


def find_layout(text: bytes) -> Layout | None:
    """The layout of a text; None where it has nothing but comments and blank lines.

    Raises:
        ValueError: no row of three numbers among the first lines, or rows that can be read in two ways.
    """
    start, header, declared, unread = 0, "", None, None
    for number in range(1, _HEADER_LINES + 1):
        end = text.find(b"\n", start, start + (1 << 16)) + 1 or len(text)
        line = text[start : min(end, start + (1 << 16))].decode("utf-8", "replace").strip()
        bare = _uncommented(line)
        delimiter, decimal = _separators(bare)
        fields = split(bare, delimiter)
        named = _columns(split(header, delimiter))
        if named is not None and _are_numbers(fields, named, decimal):
            layout = Layout(start, number, named, delimiter, decimal, len(fields), declared)
            return _labelled(layout, split(header, delimiter), _sample(text, start, delimiter))
        if _are_numbers(fields, (0, 1, 2), decimal):
            layout = Layout(start, number, (0, 1, 2), delimiter, decimal, len(fields), declared)
            return _unnamed(layout, split(header, delimiter), _sample(text, start, delimiter))
        if _DIGITS.fullmatch(bare) and len(bare) < 16:
            declared = int(bare)
        else:
            unread = unread or (bare and (number, bare))
            header = line.lstrip("#/ \t") or header
        start = end
        if start == len(text):
            break
    if not unread:
        return None
    raise ValueError(f"line {unread[0]} is not three numbers: {unread[1][:40]!r}")


def split(line: str, delimiter: str | None) -> list[str]:
    """The fields of a line, without blanks and quotation marks around them."""
    return [field.strip().strip('"') for field in line.split(delimiter)] if line else []


def _uncommented(line: str) -> str:
    return re.split(r"#|//", line, maxsplit=1)[0].strip()


def _separators(line: str) -> tuple[str | None, str]:
    """What separates the columns of a line, and the whole from the fraction of its numbers."""
    words = line.split()
    if ";" in line:
        fields = split(line, ";")
        return ";", "," if "." not in line and all(_COMMA_NUMBER.fullmatch(field) for field in fields[:3]) else "."
    if "," in line and len(words) >= 3 and all(_COMMA_NUMBER.fullmatch(word) for word in words[:3]):
        return None, ","
    if "," in line:
        return ",", "."
    tabbed = [field.strip() for field in line.split("\t")]
    aligned = any(not field or " " in field for field in tabbed)
    return "\t" if len(tabbed) > 1 and not aligned else None, "."


def _are_numbers(fields: Sequence[str], columns: Sequence[int], decimal: str) -> bool:
    form = _COMMA_NUMBER if decimal == "," else _NUMBER
    return len(fields) > max(2, *columns) and all(form.fullmatch(fields[column]) for column in columns)


def _columns(names: Sequence[str]) -> tuple[int, ...] | None:
    """Where x, y and z stand among the names of a header."""
    plain = [re.sub(r"[\[(].*", "", name).strip().lower() for name in names]
    for axes in _AXES:
        if all(plain.count(axis) == 1 for axis in axes):
            return tuple(plain.index(axis) for axis in axes)
    return None


def _sample(text: bytes, start: int, delimiter: str | None) -> list[list[str]]:
    """The fields of the first rows."""
    lines = text[start : start + (1 << 16)].decode("utf-8", "replace").splitlines()
    rows = [split(_uncommented(line.strip()), delimiter) for line in lines]
    return [row for row in rows if row][:_SAMPLE]


def _labelled(layout: Layout, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Layout:
    """R writes no name above the numbers of its rows: the others stand a column further right."""
    if len(names) == layout.width - 1 and _numbers_rows(rows):
        return replace(layout, columns=tuple(column + 1 for column in layout.columns))
    return layout


def _unnamed(layout: Layout, header: Sequence[str], rows: list[list[str]]) -> Layout:
    """The layout of rows whose header does not say which columns are x, y and z."""
    fields = [field for row in rows for field in row]
    whole = layout.delimiter == "," and layout.width == 6 and all(_WHOLE.fullmatch(field) for field in fields)
    fractions = [row[i] for row in rows if whole and len(row) == layout.width for i in (1, 3, 5)]
    if any(len(fraction) > 1 and fraction.startswith("0") for fraction in fractions):
        raise ValueError("commas between columns and in decimals: write the columns apart with semicolons")
    if layout.width > 3 and _numbers_rows(rows):
        note = "its first column counts the rows: the three behind it are taken for x, y and z"
        return replace(layout, columns=(1, 2, 3), notes=(note,))
    if len(header) == layout.width and not _are_numbers(header, (0, 1, 2), layout.decimal):
        return replace(layout, notes=(f"its columns {', '.join(header[:3])[:60]!r} are taken for x, y and z",))
    return layout


def _numbers_rows(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column counts upwards by one."""
    firsts = [row[0] for row in rows]
    if len(firsts) < _NUMBERED or not all(_DIGITS.fullmatch(first) and len(first) < 16 for first in firsts):
        return False
    return all(int(second) == int(first) + 1 for first, second in pairwise(firsts))
