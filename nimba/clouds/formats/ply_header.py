"""The header of a PLY: which elements there are, and of what properties (Turk, The PLY Polygon File Format, 1994)."""

from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_TYPES = {
    **{"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"},
    **{"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"},
    **{"float": "f4", "double": "f8", "float32": "f4", "float64": "f8", "int64": "i8", "uint64": "u8"},
}
_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}
_LONGEST, _MOST_LINES = 4096, 10_000  # of a header; the rest of a damaged file is not searched for its end


@dataclass(frozen=True)
class Property:
    """A number, or with ``counts`` a list of numbers: how many, then themselves."""

    name: str
    dtype: np.dtype
    counts: np.dtype | None = None


@dataclass
class Element:
    """A table: so many rows of these properties."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    @property
    def has_lists(self) -> bool:
        """Whether rows differ in length."""
        return any(p.counts is not None for p in self.properties)

    @property
    def least_row(self) -> int:
        """Bytes of a row in a binary file, with all lists empty."""
        return sum((p.dtype if p.counts is None else p.counts).itemsize for p in self.properties)

    def index(self, *names: str) -> int | None:
        """The place of the first property that has one of the names."""
        return next((i for i, p in enumerate(self.properties) if p.name in names), None)


@dataclass(frozen=True)
class Header:
    """The elements in the file's order, and the order of bytes; None where the body is text."""

    elements: list[Element]
    order: str | None
    lines: int


def read_header(source: Source) -> Header:
    """Read the header of a PLY; the file is left at the first byte behind it.

    Raises:
        InputError: a header that breaks off, a line that is none of a PLY's, an element that is said to be larger than
            the rest of the file or the limit.
    """
    try:
        header = _parse(source.file)
    except ValueError as error:
        raise InputError(f"{source.path}: not a readable PLY ({error}); is the file complete?") from None
    for element in header.elements:
        least = element.count * (element.least_row if header.order else 2 * len(element.properties) - 1)
        if (element.count and not element.properties) or least > source.left + (header.order is None):
            raise InputError(
                f"{source.path}: not a readable PLY (says that it holds {element.count:,} of {element.name[:20]!r}, "
                f"with {source.left:,} bytes left for them); is the file complete?"
            )
        check_count(source.path, element.count, f"of {element.name[:20]!r}")
    return header


def _parse(file: BinaryIO) -> Header:
    if file.readline(_LONGEST).strip() != b"ply":
        raise ValueError("its first line is not 'ply'")
    elements: list[Element] = []
    order: str | None = ""
    for number in range(2, _MOST_LINES):
        line = file.readline(_LONGEST)
        text = line.decode("ascii", "backslashreplace").strip()
        words = text.split()
        match words:
            case _ if not line.endswith(b"\n"):
                raise ValueError("its header breaks off")
            case ["end_header"]:
                if order == "":
                    raise ValueError("its header names no format")
                return Header(elements, order, number)
            case ["format", name, "1.0"] if name in _ORDERS:
                order = None if name == "ascii" else _ORDERS[name]
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["element", name, count] if count.isascii() and count.isdigit() and len(count) < 19:
                if any(element.name == name for element in elements):
                    raise ValueError(f"two elements {name[:20]!r}")
                elements.append(Element(name, int(count)))
            case ["property", *kind, name] if elements:
                elements[-1].properties.append(_property(kind, name, order, elements[-1]))
            case _:
                raise ValueError(f"line {number} of its header: {text[:40]!r}")
    raise ValueError("no end of its header")


def _property(kind: list[str], name: str, order: str | None, element: Element) -> Property:
    match kind:
        case [item] if item in _TYPES:
            counts = None
        case ["list", count, item] if count in _TYPES and item in _TYPES and _TYPES[count][0] != "f":
            counts = np.dtype((order or "=") + _TYPES[count])
        case _:
            raise ValueError(f"a property of type {' '.join(kind)[:40]!r}")
    if element.index(name) is not None:
        raise ValueError(f"two properties {name[:20]!r} of {element.name[:20]!r}")
    return Property(name, np.dtype((order or "=") + _TYPES[item]), counts)
