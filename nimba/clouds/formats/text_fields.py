"""The fields of a line of text: what separates them, and which of them are numbers."""

import csv
import re
from collections.abc import Sequence

_MISSING = r"nan|na|n/a|null|none|-?nan\(ind\)"
_NUMBER = re.compile(rf"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)|{_MISSING}", re.IGNORECASE | re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def split(line: str, delimiter: str | None) -> list[str]:
    """The fields of a line, without blanks and quotation marks around them."""
    if not line:
        return []
    if delimiter is None or '"' not in line:
        return [field.strip().strip('"').strip() for field in line.split(delimiter)]
    return [field.strip().strip('"') for field in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def uncommented(line: str) -> str:
    """A line without its comment."""
    return re.split(r"#|//", line, maxsplit=1)[0].strip()


def delimiter_of(line: str) -> str | None:
    """What separates the columns of a line; None for blanks and tabs."""
    bare = re.sub(r'"[^"]*"', "0", line)
    for mark in ";|":
        if bare.count(mark) > 1:
            return mark
    words = bare.split()
    if "," in bare and sum(bool(_WITH_COMMA.fullmatch(word)) for word in words) < 3:
        return ","
    if sum(field.strip() != "" for field in bare.split("\t")) > 2:
        tabbed = [field.strip() for field in bare.strip().split("\t")]
        aligned = any(not field for field in tabbed) or any(" " in field for field in tabbed[:3])
        return None if aligned else "\t"
    return None


def decimal_of(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> str:
    """What stands between the whole and the fraction of the numbers of some columns."""
    fields = [row[column] for row in rows for column in columns if column < len(row)]
    return "," if any(map(_WITH_COMMA.fullmatch, fields)) and not any("." in field for field in fields) else "."


def are_numbers(fields: Sequence[str], columns: Sequence[int], delimiter: str | None, missing: bool = False) -> bool:
    """Whether the fields in some columns are numbers; ``missing``: some of them may be empty."""
    if len(fields) <= max(2, *columns):
        return False
    chosen = [fields[column] for column in columns]
    if missing and delimiter is not None and any(chosen):
        chosen = [field or "0" for field in chosen]
    return all(_NUMBER.fullmatch(field) for field in chosen) or all(_COMMA_NUMBER.fullmatch(field) for field in chosen)
