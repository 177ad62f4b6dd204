"""The body of a PLY in text: a row a line."""

import numpy as np

from nimba.clouds.formats.lines import Lines
from nimba.clouds.formats.ply_header import Element, Header
from nimba.clouds.formats.polygons import fans_of_lines, strips_of_lines
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError


def read_text_body(
    source: Source, header: Header, wanted: dict[str, list[int]]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Vertices (V, 3), and triangles (T, 3) where there are faces.

    Args:
        source: the file, behind its header.
        header: its elements.
        wanted: for "vertex" the places of x, y and z, for "face" or "tristrips" that of its list of corners.

    Raises:
        InputError: fewer or more lines than the header says, or lines that are no rows of it.
    """
    lines = Lines(source.rest())
    points, triangles = np.empty((0, 3)), None
    for element in header.elements:
        body = _Body(source, element, lines)
        if element.name == "vertex":
            points = body.numbers(wanted["vertex"], header.lines + 1)
        elif element.name == "tristrips" and element.name in wanted:
            triangles = strips_of_lines(source.path, body.lists(wanted[element.name][0]))
        elif element.name in wanted:
            triangles = fans_of_lines(source.path, body.lists(wanted[element.name][0]))
    if lines.rest:
        raise InputError(f"{source.path}: more lines than the header of this PLY says; is its count right?")
    return points, triangles


class _Body:
    """The lines of one element."""

    def __init__(self, source: Source, element: Element, lines: Lines):
        self.path, self.element, self.text = source.path, element, lines.text
        part = lines.take(element.count)
        if part is None:
            raise self._error("has too few lines")
        self.part = part
        if element.count:  # a file that breaks off does so in the last line
            last = max(self.text.rfind(b"\n", part.start, part.stop - 1) + 1, part.start)
            self._words(self.text[last : part.stop])

    def numbers(self, places: list[int], first_line: int) -> np.ndarray:
        """Properties that are numbers: (rows, properties)."""
        if not self.element.has_lists:
            return read_rows(self.path, self.text, places, part=self.part, first_line=first_line)
        chosen = [b" ".join(words[i] for i in places) for words in map(self._words, self._lines())]
        return read_rows(self.path, b"\n".join(chosen), range(len(places)), first_line=first_line)

    def lists(self, place: int) -> list[bytes]:
        """A property that is a list, of every row: its length, and what is in it."""
        if place == 0:
            return self._lines()
        return [self._words(line)[place] for line in self._lines()]

    def _lines(self) -> list[bytes]:
        return self.text[self.part].splitlines()

    def _words(self, line: bytes) -> list[bytes]:
        """The properties of a row, a list as one of them."""
        words, properties = line.split(), []
        for number in self.element.properties:
            length = 1
            if number.counts is not None:
                if not (words and words[0].isdigit() and len(words[0]) < 10):
                    raise self._error("has a list without its length")
                length += int(words[0])
            properties.append(b" ".join(words[:length]))
            if len(words) < length:
                raise self._error("has a line with too few numbers")
            words = words[length:]
        if words:
            raise self._error("has a line with too many numbers")
        return properties

    def _error(self, what: str) -> InputError:
        return InputError(
            f"{self.path}: not a readable PLY (element {self.element.name[:20]!r} {what}); is the file complete?"
        )
