"""The header of a PCD: its fields, its size, and how its points are written (the format of the Point Cloud Library)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_KINDS = {"F": "f", "I": "i", "U": "u"}
_SIZES = {"F": (4, 8), "I": (1, 2, 4, 8), "U": (1, 2, 4, 8)}
_LONGEST, _MOST_LINES = 1 << 16, 1000
_ENCODINGS = ("ascii", "binary", "binary_compressed")


@dataclass(frozen=True)
class Field:
    """A number of every point, or ``count`` of them: where it begins in a row, in bytes and in columns."""

    name: str
    dtype: np.dtype
    count: int
    offset: int
    column: int


@dataclass(frozen=True)
class Header:
    """What a PCD says of itself."""

    fields: list[Field]
    row_bytes: int
    columns: int
    points: int
    encoding: str
    lines: int

    def coordinates(self, path: Path) -> list[Field]:
        """The fields x, y and z.

        Raises:
            InputError: there is not one number of each.
        """
        found = [field for axis in "xyz" for field in self.fields if field.name == axis and field.count == 1]
        if [field.name for field in found] != ["x", "y", "z"]:
            names = ", ".join(repr(field.name[:20])[1:-1] for field in self.fields[:10]) or "none"
            raise InputError(f"{path}: a PCD without a number each for x, y and z; its fields: {names}")
        return found


def read_header(source: Source) -> Header:
    """Read the header of a PCD; the file is left at the first byte behind it.

    Raises:
        InputError: a header that breaks off or contradicts itself, or that says there are more points than the limit.
    """
    entries: dict[str, list[str]] = {}
    lines, line = 0, b""
    while lines < _MOST_LINES:
        lines += 1
        line = source.file.readline(_LONGEST)
        words = line.decode("ascii", "backslashreplace").split("#")[0].split()
        if words:
            entries[words[0].upper()] = words[1:]
        if not line.endswith(b"\n") or "DATA" in entries:
            break
    if "DATA" not in entries or not line.endswith(b"\n"):
        raise InputError(f"{source.path}: not a readable PCD (its header has no line DATA); is the file complete?")
    try:
        header = _parse(entries, lines)
    except ValueError as error:
        raise InputError(f"{source.path}: not a readable PCD ({error}); is the file complete?") from None
    check_count(source.path, header.points)
    return header


def _parse(entries: dict[str, list[str]], lines: int) -> Header:
    names = entries.get("FIELDS") or entries.get("COLUMNS") or []
    sizes, kinds = _numbers(entries, "SIZE"), entries.get("TYPE", [])
    counts = _numbers(entries, "COUNT") if "COUNT" in entries else [1] * len(names)
    if not len(names) == len(sizes) == len(kinds) == len(counts):
        raise ValueError(f"{len(names)} FIELDS, {len(sizes)} SIZE, {len(kinds)} TYPE, {len(counts)} COUNT")
    fields, offset, column = [], 0, 0
    for name, size, kind, count in zip(names, sizes, kinds, counts, strict=True):
        if size not in _SIZES.get(kind, ()):
            raise ValueError(f"a field of SIZE {size} and TYPE {kind[:20]!r}")
        fields.append(Field(name, np.dtype(f"<{_KINDS[kind]}{size}"), count, offset, column))
        offset, column = offset + size * count, column + count
    width, height = (_numbers(entries, key, one=True)[0] for key in ("WIDTH", "HEIGHT"))
    points = _numbers(entries, "POINTS", one=True)[0] if "POINTS" in entries else width * height
    if points != width * height:
        raise ValueError(f"{width} x {height} points are not {points}")
    if entries["DATA"][:1] not in [[name] for name in _ENCODINGS]:
        raise ValueError(f"DATA {' '.join(entries['DATA'])[:20]!r}")
    return Header(fields, offset, column, points, entries["DATA"][0], lines)


def _numbers(entries: dict[str, list[str]], key: str, one: bool = False) -> list[int]:
    words = entries.get(key, [])
    if (one and len(words) != 1) or not all(word.isascii() and word.isdigit() and len(word) < 16 for word in words):
        raise ValueError(f"{key} {' '.join(words)[:40]!r}")
    return [int(word) for word in words]
