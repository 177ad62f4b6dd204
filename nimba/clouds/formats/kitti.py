"""KITTI's .bin: x, y, z and intensity of a lidar as 32-bit floats, without a header."""

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_ROW = 16  # bytes
_FARTHEST = 1e5  # metres; other files named .bin, read as floats, have far larger ones


def read_kitti(source: Source) -> Content:
    """Rows of four floats, of which the first three are a point.

    Raises:
        InputError: not rows of four, or numbers that no lidar measures: another kind of .bin.
    """
    if source.size % _ROW:
        raise InputError(
            f"{source.path}: {source.size:,} bytes are no rows of four floats, as KITTI's are; is it a cloud?"
        )
    check_count(source.path, source.size // _ROW)
    rows = np.frombuffer(source.rest(), "<f4").reshape(-1, 4)  # (N, 4)
    if not (np.abs(rows) < _FARTHEST).all():
        raise InputError(f"{source.path}: as KITTI's rows of four floats it has numbers beyond range; is it a cloud?")
    return Content(rows[:, :3])
