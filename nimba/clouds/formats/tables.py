"""Parquet, Arrow and Feather: tables with columns x, y and z.

Arrow is C++ that believes what a file says of itself, so it reads a stranger's in a process of its own, with a limit to
its memory and time.
"""

import json
from importlib.util import find_spec

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.in_process import run_apart
from nimba.clouds.formats.limits import check_bytes, max_points
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

if find_spec("pyarrow") is None:
    raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")

_ROOM, _ROOM_PER_BYTE = 2 << 30, 20  # bytes that Arrow may take: much of it reserved only
_SECONDS, _BYTES_PER_SECOND = 30, 1_000_000


def read_tables(source: Source) -> Content:
    """The columns named x, y and z in one of the usual ways, one of lists of three, or the only three of numbers.

    Raises:
        InputError: no such table, no such columns, or more rows than the limit.
    """
    check_bytes(source.path, source.size)
    room = _ROOM + _ROOM_PER_BYTE * source.size
    seconds = _SECONDS + source.size / _BYTES_PER_SECOND
    try:
        line, _, points = run_apart("tables_unpack", [str(max_points())], source.rest(), room, seconds).partition(b"\n")
        told = json.loads(line)
        table = np.frombuffer(points, "<f8").reshape(-1, 3)
    except (ValueError, KeyError) as error:
        raise InputError(f"{source.path}: not a readable table ({reason(error)})") from None
    decided = {"columns": told["columns"], **({"unit": told["unit"]} if told["unit"] else {})}
    return Content(table, declared=told["rows"], notes=(told["note"],) if told["note"] else (), decided=decided)
