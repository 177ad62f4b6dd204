"""The program that ``tables`` reads with: ROOM MOST < file, a line of JSON to stdout, then the points as doubles."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import feather, ipc, parquet

from nimba.clouds.formats.columns import find_axes, unit_of
from nimba.clouds.formats.in_process import bound_memory

_ROWS = 1 << 17  # that are written at once
_LISTS = ("points", "point", "pos", "position", "xyz", "coords", "coord", "geometry")


def main() -> None:
    """Read stdin, or say on one line why not, and exit with 1."""
    bound_memory(int(sys.argv[1]))
    try:
        _write(sys.stdin.buffer.read(), int(sys.argv[2]))
    except Exception as error:  # whatever a damaged file leads Arrow to
        print((str(error).splitlines() or [type(error).__name__])[0], file=sys.stderr)
        sys.exit(1)


def _write(data: bytes, most: int) -> None:
    schema, rows, batches = _opened(data)
    if rows > most:
        raise ValueError(f"says that it holds {rows:,} rows, above the limit of {most:,}")
    columns, note = _chosen(schema)
    told = {"columns": columns, "rows": rows, "note": note, "unit": unit_of(columns)}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    for batch in batches(columns):
        sys.stdout.buffer.write(_points([batch.column(name) for name in columns]).astype("<f8").tobytes())


def _opened(data: bytes) -> tuple[pa.Schema, int, Any]:
    """The columns, how many rows there are, and what gives some columns of them, so many rows at a time."""
    buffer = pa.BufferReader(data)
    if data[:4] == b"PAR1":
        file = parquet.ParquetFile(buffer)

        def batches(columns: list[str]) -> Iterator[pa.RecordBatch]:
            return file.iter_batches(_ROWS, columns=columns, use_threads=False)

        return file.schema_arrow, file.metadata.num_rows, batches
    if data[:6] == b"ARROW1":
        table = ipc.open_file(buffer).read_all()
    elif data[:4] == b"FEA1":
        table = feather.read_table(buffer, use_threads=False)
    else:
        table = ipc.open_stream(buffer).read_all()
    return table.schema, table.num_rows, lambda columns: table.select(columns).to_batches(_ROWS)


def _chosen(schema: pa.Schema) -> tuple[list[str], str | None]:
    """The column or columns that hold the points, and what is to be said of it.

    Raises:
        ValueError: there are none, or more than one may be meant.
    """
    named = [field for field in schema if schema.names.count(field.name) == 1]
    numbers = [f.name for f in named if any(is_one(f.type) for is_one in _NUMBERS)]
    axes = find_axes(numbers)
    if axes is not None:
        return [numbers[i] for i in axes], None
    lists = [f.name for f in named if pa.types.is_fixed_size_list(f.type) and f.type.list_size == 3]
    usual = [name for name in lists if name.lower() in _LISTS] or lists
    if len(usual) == 1:
        return usual, None
    if len(numbers) == 3:
        return numbers, f"its columns {', '.join(numbers)[:60]!r} are taken for x, y and z"
    held = ", ".join(schema.names[:10])[:150] or "nothing"
    raise ValueError(f"which of its columns {held!r} are the points? Name them x, y and z")


_NUMBERS = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)


def _points(columns: list[pa.Array]) -> np.ndarray:
    """(N, 3) float64; what is missing is NaN."""
    if len(columns) == 3:
        return np.stack([_numbers(column) for column in columns], 1)
    (lists,) = columns
    points = _numbers(lists.values.slice(3 * lists.offset, 3 * len(lists))).reshape(-1, 3)
    return np.where(lists.is_valid().to_numpy(zero_copy_only=False)[:, None], points, np.nan)


def _numbers(column: pa.Array) -> np.ndarray:
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


if __name__ == "__main__":
    main()
