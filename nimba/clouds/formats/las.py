"""LAS and LAZ: points of airborne and terrestrial scanners, by way of laspy."""

import laspy
import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.in_process import run_apart
from nimba.clouds.formats.limits import check_bytes, check_count
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_LEAST_HEADER, _VLR_HEADER = 227, 54  # bytes
_CHUNK = 500_000  # points that are scaled at once
_POINT_BYTES = 24
_ROOM, _ROOM_PER_POINT = 300 << 20, 200  # bytes that unpacking may take
_SECONDS, _POINTS_PER_SECOND = 20, 100_000  # that unpacking may take: ten times as long as it does


def read_las(source: Source) -> Content:
    """The scaled coordinates of all points.

    Raises:
        InputError: not a LAS or LAZ, or one that has fewer points than its header says.
    """
    _check_header(source)
    try:
        with laspy.open(source.file, closefd=False, read_evlrs=False) as reader:
            count, packed = reader.header.point_count, reader.header.are_points_compressed
            check_count(source.path, count)
            least = 0 if packed else count * reader.header.point_format.size
            if reader.header.offset_to_point_data + least > source.size:
                raise ValueError(f"{count:,} points do not fit into {source.size:,} bytes")
            if packed:
                points = _unpacked(source, count)
            else:
                points, place = np.empty((count, 3)), 0
                for block in reader.chunk_iterator(_CHUNK):
                    for axis, column in enumerate((block.x, block.y, block.z)):
                        points[place : place + len(block), axis] = column
                    place += len(block)
                points = points[:place]
    except InputError:
        raise
    except Exception as error:  # of a damaged header, many
        raise InputError(f"{source.path}: not a readable LAS ({reason(error)}); is the file complete?") from None
    return Content(points, declared=count)


def _check_header(source: Source) -> None:
    """Refuse a header whose records do not fit into the file: laspy would go through them one by one."""
    head = source.file.read(_LEAST_HEADER)
    source.file.seek(0)
    size, points, records = (int.from_bytes(head[a:b], "little") for a, b in ((94, 96), (96, 100), (100, 104)))
    if head[:4] != b"LASF" or len(head) < _LEAST_HEADER or not size + records * _VLR_HEADER <= points <= source.size:
        raise InputError(f"{source.path}: not a readable LAS (its header does not fit its size); is the file complete?")


def _unpacked(source: Source, count: int) -> np.ndarray:
    """The points of a LAZ, (N, 3), unpacked by a process of its own, for damaged ones end it.

    Raises:
        ValueError: it ended without them.
    """
    check_bytes(source.path, source.size)
    source.file.seek(0)
    room, seconds = _ROOM + 2 * source.size + count * _ROOM_PER_POINT, _SECONDS + count / _POINTS_PER_SECOND
    try:
        unpacked = run_apart("las_unpack", [], source.rest(), room, seconds)
    except ValueError as error:
        raise ValueError(f"its points cannot be unpacked: {str(error)[:80]}") from None
    if len(unpacked) != count * _POINT_BYTES:
        raise ValueError("its points cannot be unpacked: they break off")
    return np.frombuffer(unpacked, "<f8").reshape(-1, 3)
