"""VTK's legacy files: points, polygons, strips and cells, as text or binary (VTK User's Guide, File Formats).

It is read here, with numpy, as the other meshes are: every size is checked against the file before it is believed.
"""

import re

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source, reason
from nimba.clouds.formats.vtk_cells import POLYGON, STRIP, VOLUMES, lists_of, triangles_of
from nimba.runtime.errors import InputError

_KINDS = {
    **{"float": "f4", "double": "f8", "char": "i1", "unsigned_char": "u1", "short": "i2", "unsigned_short": "u2"},
    **{"int": "i4", "unsigned_int": "u4", "long": "i8", "unsigned_long": "u8", "vtkidtype": "i4"},
    **{"vtktypeint64": "i8", "vtktypeint32": "i4", "vtktypeuint64": "u8", "vtktypeuint32": "u4"},
}
_WORD = re.compile(rb"^[ \t]*[A-Za-z_]{4,}", re.MULTILINE)  # numbers have no word of four letters
_DATASETS = ("POLYDATA", "UNSTRUCTURED_GRID", "STRUCTURED_GRID")
_CELLS = {"POLYGONS": POLYGON, "TRIANGLE_STRIPS": STRIP, "VERTICES": 2, "LINES": 4, "CELLS": 0}
_ENDS = ("POINT_DATA", "CELL_DATA")
_LONGEST = 4096


def read_vtk(source: Source) -> Content:
    """The points, with the surface of their polygons, strips and flat cells.

    Raises:
        InputError: no legacy file of VTK, one of an image, or one that breaks off.
    """
    try:
        return _Reader(source).content()
    except InputError:
        raise
    except (ValueError, IndexError, OverflowError) as error:
        raise InputError(f"{source.path}: not a readable VTK ({reason(error)}); is the file complete?") from None


class _Reader:
    """A file, read section by section."""

    def __init__(self, source: Source):
        self.source, self.data, self.place = source, source.rest(), 0
        if not self.line().startswith("# vtk DataFile"):
            raise ValueError("does not begin as one")
        self.line()
        encoding = self.words()[0].upper()
        if encoding not in ("ASCII", "BINARY"):
            raise ValueError(f"neither ASCII nor BINARY, but {encoding[:20]!r}")
        self.binary = encoding == "BINARY"
        self.points: np.ndarray | None = None
        self.counts: list[np.ndarray] = []
        self.flat: list[np.ndarray] = []
        self.types: list[np.ndarray] = []

    def content(self) -> Content:
        """Go through the sections up to the data of points and cells."""
        while self.more():
            words = self.words()
            name = words[0].upper()
            if name in _ENDS:
                break
            if name == "DATASET" and words[1].upper() not in _DATASETS:
                raise ValueError(f"a {words[1][:30]}, which has no points")
            if name == "POINTS":
                count = self.count(words[1])
                check_count(self.source.path, count)
                self.points = self.numbers(3 * count, words[2]).reshape(-1, 3)
            elif name in _CELLS:
                self.cells(name, self.count(words[1]), self.count(words[2]))
            elif name == "CELL_TYPES":
                self.types = [self.numbers(self.count(words[1]), "int")]
            elif name == "FIELD":
                self.field(self.count(words[2]))
            elif name == "METADATA":
                while self.place < len(self.data) and self.line().strip():
                    pass
            elif name not in ("DATASET", "DIMENSIONS"):
                raise ValueError(f"a section {name[:30]!r}")
        if self.points is None:
            raise ValueError("no POINTS")
        return self.surface(self.points)

    def surface(self, points: np.ndarray) -> Content:
        """The points with the triangles of their cells."""
        if not self.counts:
            return Content(points)
        counts, flat, types = (np.concatenate(parts).astype(np.int64) for parts in (self.counts, self.flat, self.types))
        if len(types) != len(counts) or (counts < 0).any() or counts.sum() != len(flat):
            raise ValueError("cells that contradict themselves")
        triangles, volumes = triangles_of(counts, flat, types)
        notes = (VOLUMES,) if volumes and not len(triangles) else ()
        return Content(points, triangles if len(triangles) else None, notes=notes)

    def cells(self, name: str, count: int, size: int) -> None:
        """A section of cells: lists that begin with their lengths, or since version 5 where each ends."""
        check_count(self.source.path, size, "corners")
        if self.data[self.place : self.place + 80].lstrip()[:7].upper() == b"OFFSETS":
            ends = self.numbers(count, self.words()[1]).astype(np.int64)
            flat = self.numbers(size, self.words()[1])
            counts = np.diff(ends)
            if len(ends) and (ends[0] != 0 or ends[-1] != len(flat)):
                raise ValueError("cells that break off")
        else:
            counts, flat = lists_of(self.numbers(size, "int").astype(np.int64), count)
        self.counts.append(counts)
        self.flat.append(flat)
        if name != "CELLS":
            self.types.append(np.full(len(counts), _CELLS[name]))

    def field(self, arrays: int) -> None:
        """Pass over arrays that are of no use here."""
        for _ in range(arrays):
            _, width, count, kind = self.words()
            if kind == "string":
                for _ in range(self.count(count)):
                    self.line()
            else:
                self.numbers(self.count(width) * self.count(count), kind)

    def numbers(self, count: int, kind: str) -> np.ndarray:
        """The next numbers: (count,)."""
        if self.binary:
            if kind.lower() not in _KINDS:
                raise ValueError(f"numbers of type {kind[:20]!r}")
            dtype = np.dtype(">" + _KINDS[kind.lower()])
            end = self.place + count * dtype.itemsize
            if end > len(self.data):
                raise ValueError(f"{count:,} numbers of which the last are lost")
            found = np.frombuffer(self.data, dtype, count, self.place)
            self.place = end
            return found
        following = _WORD.search(self.data, self.place)
        end = following.start() if following else len(self.data)
        line = self.data.count(b"\n", 0, self.place) + 1
        text = b"\n".join(self.data[self.place : end].split())
        self.place = end
        column = read_rows(self.source.path, text, range(1), first_line=line, what="a number", unit="number")[:, 0]
        if len(column) != count:
            raise ValueError(f"{len(column):,} numbers instead of {count:,}")
        if _KINDS.get(kind.lower(), "f")[0] != "f" and not (np.abs(column) < 1 << 52).all():
            raise ValueError("whole numbers that are none")
        return column

    def more(self) -> bool:
        """Whether there is anything left, blanks aside."""
        while self.place < len(self.data) and self.data[self.place : self.place + 1].isspace():
            self.place += 1
        return self.place < len(self.data)

    def line(self) -> str:
        """The rest of the line."""
        end = self.data.find(b"\n", self.place, self.place + _LONGEST) + 1
        if not end:
            end = min(len(self.data), self.place + _LONGEST)
        line = self.data[self.place : end].decode("ascii", "backslashreplace")
        self.place = end
        return line

    def words(self) -> list[str]:
        """The words of the next line that has some."""
        self.more()
        words = self.line().split()
        if not words:
            raise ValueError("it breaks off")
        return words

    def count(self, word: str) -> int:
        """A word as a whole number that is not negative."""
        if not (word.isascii() and word.isdigit() and len(word) < 16):
            raise ValueError(f"a count {word[:20]!r}")
        return int(word)
