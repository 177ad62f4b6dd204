"""Text: a point a line, its columns between blanks, commas, semicolons or tabs, with or without a header."""

import codecs

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.clouds.formats.text_layout import Layout, find_layout, split
from nimba.runtime.errors import InputError


def read_text(source: Source) -> Content:
    """The columns named x, y and z, or else the first three.

    Lines before the first row are a header; a number alone there is that of the points. Comments begin with # or //.
    Numbers may have a decimal comma where the columns are not separated by commas.

    Raises:
        InputError: not text, rows that can be read in two ways, or a line that is not three numbers.
    """
    text = _decoded(source)
    try:
        layout = find_layout(text)
    except ValueError as error:
        raise InputError(f"{source.path}: {error}") from None
    if layout is None:
        return Content(np.empty((0, 3)))
    _check_last(source, text, layout)
    points = read_rows(
        source.path,
        text,
        layout.columns,
        part=slice(layout.start, None),
        first_line=layout.line,
        delimiter=layout.delimiter,
        decimal=layout.decimal,
        slashes=b"//" in text,
    )
    notes = layout.notes
    if _is_header(points):
        notes = (*notes, "its first line is taken for a header: whole numbers, unlike the others")
        points = points[1:]
    return Content(points, declared=layout.declared, notes=notes)


def _decoded(source: Source) -> bytes:
    """The text, in ASCII as far as numbers go."""
    text = source.rest()
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = text.decode("utf-16", "replace").encode()
    text = text.removeprefix(codecs.BOM_UTF8)
    if b"\0" in text[: 1 << 16]:
        raise InputError(f"{source.path}: holds bytes that no text has; is its format what its name says?")
    return text if b"\n" in text else text.replace(b"\r", b"\n")


def _check_last(source: Source, text: bytes, layout: Layout) -> None:
    """Refuse a file that breaks off within its last line, which then has no end, and fewer columns than the first."""
    last = text[text.rfind(b"\n") + 1 :]
    if last.strip() and not last.lstrip().startswith((b"#", b"//")):
        fields = split(last.decode("utf-8", "replace").strip(), layout.delimiter)
        if len(fields) < layout.width:
            raise InputError(
                f"{source.path}: its last line breaks off: {' '.join(fields)[:40]!r}; is the file complete?"
            )


def _is_header(points: np.ndarray) -> bool:
    """Whether the first row is no point: how many rows there are (and of what), or numbers of the columns."""
    if len(points) < 3 or not np.isfinite(points[:2]).all():
        return False
    whole = (points[:2] == np.round(points[:2])).all(1)
    told = points[0, 0] == len(points) - 1 or tuple(points[0]) == (0, 1, 2)
    return bool(whole[0] and not whole[1] and told)
