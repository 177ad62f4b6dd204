"""PCD: points of the Point Cloud Library, as text, binary or compressed."""

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.lines import Lines
from nimba.clouds.formats.lzf import decompress
from nimba.clouds.formats.pcd_header import Header, read_header
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError


def read_pcd(source: Source) -> Content:
    """The fields x, y and z, whatever others there are.

    Raises:
        InputError: not a PCD, or one that has fewer or more points than its header says.
    """
    header = read_header(source)
    header.coordinates(source.path)  # refused before anything is read
    points = {"ascii": _text, "binary": _binary, "binary_compressed": _compressed}[header.encoding](source, header)
    return Content(points, declared=header.points)


def _text(source: Source, header: Header) -> np.ndarray:
    lines = Lines(source.rest())
    rows = lines.take(header.points)
    if rows is None or lines.rest:
        there = lines.text.count(b"\n", 0, lines.end) + bool(lines.end)
        raise InputError(f"{source.path}: {there:,} of {header.points:,} points are there; is the file complete?")
    if header.points:  # a file that breaks off does so in its last line
        last = lines.text[max(lines.text.rfind(b"\n", 0, rows.stop - 1) + 1, rows.start) : rows.stop]
        if len(last.split()) != header.columns:
            raise InputError(f"{source.path}: the last line has not {header.columns} numbers; is the file complete?")
    columns = [field.column for field in header.coordinates(source.path)]
    return read_rows(source.path, lines.text, columns, part=rows, first_line=header.lines + 1)


def _binary(source: Source, header: Header) -> np.ndarray:
    needed = header.points * header.row_bytes
    if needed > source.left:
        there = source.left // header.row_bytes
        raise InputError(f"{source.path}: {there:,} of {header.points:,} points are there; is the file complete?")
    data = source.file.read(needed)
    rest = source.rest()
    if len(rest) >= header.row_bytes and rest.strip(b"\0"):
        raise InputError(f"{source.path}: more than the {header.points:,} points that the header says; is it right?")
    places = [(field.offset, header.row_bytes, field.dtype) for field in header.coordinates(source.path)]
    return _columns(data, header.points, places)


def _compressed(source: Source, header: Header) -> np.ndarray:
    sizes = source.file.read(8)
    packed, unpacked = (int.from_bytes(sizes[i : i + 4], "little") for i in (0, 4))
    needed = header.points * header.row_bytes
    if len(sizes) < 8 or packed > source.left or unpacked != needed:
        raise InputError(
            f"{source.path}: says {packed:,} bytes that unpack to {unpacked:,} for {header.points:,} points of "
            f"{header.row_bytes} bytes, with {source.left:,} there; is the file complete?"
        )
    check_bytes(source.path, unpacked)
    try:
        data = decompress(source.file.read(packed), unpacked)
    except ValueError as error:
        raise InputError(f"{source.path}: damaged compressed points ({error}); is the file complete?") from None
    # Unpacked, the first field of all points comes first, then the second.
    places = [
        (field.offset * header.points, field.dtype.itemsize, field.dtype) for field in header.coordinates(source.path)
    ]
    return _columns(data, header.points, places)


def _columns(data: bytes, points: int, places: list[tuple[int, int, np.dtype]]) -> np.ndarray:
    """(points, 3) of fields, each given by its first byte, the bytes from one to the next, and its type."""
    if not points:
        return np.empty((0, 3))
    return np.stack([np.ndarray(points, dtype, data, first, (step,)) for first, step, dtype in places], 1)
