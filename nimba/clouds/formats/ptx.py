"""PTX: scans of Leica's Cyclone as text, each a grid of points with the matrix that puts it where it was taken."""

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.lines import Lines
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_SIZE, _POSE, _MATRIX = 2, 4, 4  # lines: columns and rows; the scanner's place and axes; the matrix
_MOST_SCANS = 10_000


def read_ptx(source: Source) -> Content:
    """The points of all scans, each by its matrix, without those of (0, 0, 0): there nothing was seen.

    Raises:
        InputError: not a PTX, or one with fewer lines than it says.
    """
    lines = Lines(source.rest())
    parts, total, scans = [np.empty((0, 3))], 0, 0
    while lines.rest:
        scans += 1
        columns, rows = _numbers(source, lines, _SIZE, 1)[:, 0]
        if not all(0 <= size < 1 << 40 and size == round(size) for size in (columns, rows)) or scans > _MOST_SCANS:
            raise _error(source, f"scan {scans} of {columns:g} x {rows:g} points")
        _numbers(source, lines, _POSE, 3)
        matrix = _numbers(source, lines, _MATRIX, 4)  # for rows of numbers: what moves the points stands in the last
        if not np.isfinite(matrix).all():
            raise _error(source, f"a matrix of scan {scans} that is none")
        count = int(columns * rows)
        total += count
        check_count(source.path, total)
        place = lines.text.count(b"\n", 0, lines.place) + 1
        part = lines.take(count)
        if part is None:
            raise _error(source, f"fewer lines than the {count:,} points of scan {scans}")
        points = read_rows(source.path, lines.text, range(3), part=part, first_line=place)  # (count, 3)
        if len(points) != count:
            raise _error(source, f"{len(points):,} of the {count:,} points of scan {scans}")
        seen = points[(points != 0).any(1)]
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is told of later
            parts.append(seen @ matrix[:3, :3] + matrix[3, :3])
    points = np.concatenate(parts)
    decided = {"points_in_file": total, "scans": scans}
    if len(points) == total:
        return Content(points, decided=decided)
    unseen = total - len(points)
    note = f"{unseen:,} of {total:,} points are (0, 0, 0), where the scanner saw nothing: left out"
    return Content(points, notes=(note,), decided={**decided, "dropped": {"at the origin": unseen}})


def _numbers(source: Source, lines: Lines, count: int, width: int) -> np.ndarray:
    """The next lines: (count, width)."""
    number = lines.text.count(b"\n", 0, lines.place) + 1
    part = lines.take(count)
    if part is None:
        raise _error(source, "its last header breaks off")
    what = "a number" if width == 1 else f"{width} numbers"
    table = read_rows(source.path, lines.text, range(width), part=part, first_line=number, what=what)
    if len(table) != count:
        raise _error(source, "comments in a header")
    return table


def _error(source: Source, what: str) -> InputError:
    return InputError(f"{source.path}: not a readable PTX ({what}); is the file complete?")
