"""LAS and LAZ: points of airborne and terrestrial scanners, by way of laspy."""

import subprocess
import sys
from pathlib import Path

import laspy
import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes, check_count
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_LEAST_HEADER, _VLR_HEADER = 227, 54  # bytes
_CHUNK = 1_000_000  # points that are scaled at once
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
                blocks = [np.stack([block.x, block.y, block.z], 1) for block in reader.chunk_iterator(_CHUNK)]
                points = np.concatenate([np.empty((0, 3)), *blocks])
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
    program = str(Path(__file__).with_name("las_unpack.py"))
    command = [sys.executable, "-P", program, str(_ROOM + 2 * source.size + count * _ROOM_PER_POINT)]
    seconds = _SECONDS + count / _POINTS_PER_SECOND
    try:
        done = subprocess.run(command, input=source.rest(), capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"not unpacked within {seconds:.0f} s") from None
    if done.returncode or len(done.stdout) != count * _POINT_BYTES:
        lines = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines() or ["they break off"]
        raise ValueError(f"its points cannot be unpacked: {lines[-1 if done.returncode > 0 else 0][:80]}")
    return np.frombuffer(done.stdout, "<f8").reshape(-1, 3)
