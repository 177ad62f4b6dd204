"""Text: a point a line, its columns between blanks, commas, semicolons or tabs, with or without a header."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.clouds.formats.text_clean import read_blocks
from nimba.clouds.formats.text_fields import split, uncommented
from nimba.clouds.formats.text_layout import Layout, find_layout
from nimba.runtime.errors import InputError

_COUNT = re.compile(rb"^[ \t]*(\d{1,15})[ \t]*$", re.MULTILINE)


def read_text(source: Source) -> Content:
    """The columns named x, y and z, or else the first three, or those behind a number of the row or behind words.

    Lines before the first row are a header; a number alone there is that of the points, and one between rows that of
    the points of another scan. Comments begin with # or //. Numbers may have a decimal comma where the columns are not
    separated by commas.

    Raises:
        InputError: not text, rows that can be read in two ways, or a line that is not three numbers.
    """
    blocks = read_blocks(source)
    head = next(blocks, b"")
    try:
        layout = find_layout(head)
    except ValueError as error:
        raise InputError(f"{source.path}: {error}") from None
    if layout is None:
        return Content(np.empty((0, 3)))
    rows = _Rows(source, layout)
    for block in _behind_header(head, blocks, layout):
        rows.read(block)
    return rows.content()


def _behind_header(head: bytes, blocks: Iterator[bytes], layout: Layout) -> Iterator[bytes]:
    yield head[layout.start :]
    yield from blocks


class _Rows:
    """The rows that were read so far.

    Args:
        source: for errors.
        layout: of the text.
    """

    def __init__(self, source: Source, layout: Layout):
        self.source, self.layout = source, layout
        self.line = layout.line
        self.parts: list[np.ndarray] = [np.empty((0, 3))]
        self.total = 0
        self.scans, self.declared = 1, layout.declared
        # The number of a row is read with it, to see whether it counts on to the end.
        self.columns = (0, *layout.columns) if layout.numbered else layout.columns
        self.counts = layout.numbered
        self.last: float | None = None

    def read(self, block: bytes) -> None:
        """Read a block of whole lines; the last one of the file may have no end."""
        if not block.endswith(b"\n"):
            self._check_last(block)
        try:
            table = self._table(block)
        except InputError:
            counts = _COUNT.findall(block) if self.declared is not None else []
            if not counts:
                raise
            table = self._table(_COUNT.sub(b"", block))
            self.scans += len(counts)
            self.declared = (self.declared or 0) + sum(map(int, counts))
        self.line += block.count(b"\n")
        self.total += len(table)
        check_count(self.source.path, self.total, "rows")
        if self.layout.numbered and len(table):
            numbers = table[:, 0] if self.last is None else np.insert(table[:, 0], 0, self.last)
            self.counts = self.counts and bool((np.diff(numbers) == 1).all())
            self.last = float(table[-1, 0])
        self.parts.append(table)

    def _table(self, block: bytes) -> np.ndarray:
        return read_rows(
            self.source.path,
            block,
            self.columns,
            first_line=self.line,
            delimiter=self.layout.delimiter,
            decimal=self.layout.decimal,
            slashes=b"//" in block,
            empty=bool(self.layout.names) and self.layout.delimiter is not None,
        )

    def _check_last(self, block: bytes) -> None:
        """Refuse a file that breaks off within its last line, which then has fewer columns than the first."""
        last = uncommented(block[block.rfind(b"\n") + 1 :].decode("utf-8", "replace").strip())
        fields = split(last, self.layout.delimiter)
        if last and len(fields) < self.layout.width and not (self.declared is not None and last.isdigit()):
            raise InputError(
                f"{self.source.path}: its last line breaks off: {' '.join(fields)[:40]!r}; is the file complete?"
            )

    def content(self) -> Content:
        """All rows, and what was decided."""
        layout, notes = self.layout, self.layout.notes
        points = np.concatenate(self.parts[1:]) if self.total else self.parts[0]
        self.parts.clear()
        if layout.numbered:
            if self.counts:
                notes = (*notes, "its first column counts the rows: the three behind it are taken for x, y and z")
                points = points[:, 1:]
            else:
                layout, points = replace(layout, columns=(0, 1, 2)), points[:, :3]
        if _is_header(points):
            notes = (*notes, "its first line is taken for a header: whole numbers, unlike the others")
            points = points[1:]
        decided: dict[str, object] = {"columns": list(layout.names) or [column + 1 for column in layout.columns]}
        if layout.decimal != ".":
            decided["decimal"] = layout.decimal
        if layout.unit:
            decided["unit"] = layout.unit
        if self.scans > 1:
            decided["scans"] = self.scans
        return Content(points, declared=self.declared, notes=notes, decided=decided)


def _is_header(points: np.ndarray) -> bool:
    """Whether the first row is no point: how many rows there are (and of what), or numbers of the columns."""
    if len(points) < 3 or not np.isfinite(points[:2]).all():
        return False
    whole = (points[:2] == np.round(points[:2])).all(1)
    told = points[0, 0] == len(points) - 1 or tuple(points[0]) == (0, 1, 2)
    return bool(whole[0] and not whole[1] and told)
