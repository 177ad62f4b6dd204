"""What came of a prediction on Ray: counted from the parts themselves, and held against the plan."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from nimba.prediction.on_ray.part import UNREADABLE
from nimba.prediction.on_ray.plan import PARTS, Part
from nimba.runtime.errors import InputError, first_line
from nimba.runtime.places import Place

SUMMARY = "summary.json"
_AT_ONCE = 16  # parts whose ends are read


@dataclass(frozen=True)
class Summary:
    """What an output holds.

    Args:
        table: the folder of the parts.
        files: clouds, a row each.
        unreadable: rows that say why there is no answer.
        parts: files in the folder.
        passed_over: files of the origin that are no clouds, by their names.
    """

    table: str
    files: int
    unreadable: int
    parts: int
    passed_over: int


def summarise(output: Place, parts: list[Part], passed_over: int) -> Summary:
    """Count the rows of all parts, and write summary.json.

    Raises:
        InputError: a part is damaged, or not of its clouds.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        unreadable = sum(pool.map(lambda part: _checked(output, part), parts))
    files = sum(len(part.files) for part in parts)
    counts = {"files": files, "unreadable": unreadable, "parts": len(parts), "passed_over": passed_over}
    output.write(SUMMARY, json.dumps(counts, indent=2).encode() + b"\n")
    return Summary(output.within(PARTS), **counts)


def _checked(output: Place, part: Part) -> int:
    """How many rows of a part are errors; its rows are as many as its clouds."""
    from pyarrow import parquet

    name = f"{PARTS}/{part.name}"
    try:
        found = parquet.read_metadata(io.BytesIO(output.read(name) or b""))
        rows, unreadable = found.num_rows, int((found.metadata or {})[UNREADABLE])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{output.within(name)}: damaged ({first_line(error)}); delete it, and start again") from None
    if rows != len(part.files):
        raise InputError(f"{output.within(name)}: {rows} rows, not {len(part.files)}; delete it, and start again")
    return unreadable
