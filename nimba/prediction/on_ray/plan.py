"""Which clouds each part holds: written down before the first is predicted, and never changed after.

A part is a Parquet file with a row for each of its clouds, written whole or not at all: one that is there is done. A
later start goes by the same lists, and adds one of the clouds that are new.
"""

import io
import os
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from nimba.runtime.errors import InputError, first_line
from nimba.runtime.places import Place

PARTS, PLAN, ENDING = "parts", "plan", ".parquet"


@dataclass(frozen=True)
class Part:
    """Some clouds, whose rows lie in one file."""

    number: int
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its file."""
        return f"part-{self.number:06}{ENDING}"


def plan(output: Place, names: list[str], size: int) -> list[Part]:
    """All parts of an output, those of earlier starts first; clouds that are in none of them make further ones.

    Args:
        output: of the predictions.
        names: of the clouds that are there now, in order.
        size: clouds of a new part.

    Raises:
        InputError: a list of an earlier start is damaged.
    """
    lists = whole_files(output, PLAN)
    parts = [part for name in lists for part in _read(output, f"{PLAN}/{name}")]
    known = {file for part in parts for file in part.files}
    new = [name for name in names if name not in known]
    if new:
        first = parts[-1].number + 1 if parts else 0
        starts = range(0, len(new), size)
        added = [Part(first + place, tuple(new[start : start + size])) for place, start in enumerate(starts)]
        output.write(f"{PLAN}/{len(lists):05}{ENDING}", _written(added))
        parts += added
    return parts


def whole_files(output: Place, folder: str) -> list[str]:
    """Names of the Parquet files in a folder of the output, in order; not those that a kill left half-written."""
    return sorted(name for name in output.names(folder) if name.endswith(ENDING) and not name.startswith("."))


def _written(parts: list[Part]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    rows = [(part.number, os.fsencode(file)) for part in parts for file in part.files]  # a name may be no UTF-8
    numbers, files = zip(*rows, strict=True)
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"part": pa.array(numbers, pa.int64()), "file": pa.array(files, pa.binary())}), buffer)
    return buffer.getvalue()


def _read(output: Place, name: str) -> list[Part]:
    from pyarrow import parquet

    try:
        columns = parquet.read_table(io.BytesIO(output.read(name) or b"")).to_pydict()
        rows = list(zip(columns["part"], map(os.fsdecode, columns["file"]), strict=True))
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors among them
        raise InputError(f"{output.within(name)}: damaged ({first_line(error)}); start anew with another -o") from None
    return [Part(number, tuple(file for _, file in group)) for number, group in groupby(rows, itemgetter(0))]
