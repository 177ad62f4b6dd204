"""One table of all shards: sorted, each file once, whole or not at all."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nimba.clouds.listing import cloud_files
from nimba.prediction.shards import Row, rows_in_order, without_row
from nimba.runtime.files import atomic_write

TABLE = "predictions.csv"


@dataclass(frozen=True)
class Summary:
    """What a table holds."""

    table: Path
    files: int
    unreadable: int


def missing(folder: Path, output: Path) -> Iterator[str]:
    """The clouds of ``folder`` that have no row in ``output``."""
    return without_row(cloud_files(folder, output), rows_in_order(output))


def merge(output: Path, top: int) -> Summary:
    """Write ``output/predictions.csv`` from all shards in ``output``.

    Columns: file, class, probability, up, points, class_2, probability_2, ... up to ``top``, error. Several ranks may
    merge at once: what they put in place is the same.
    """
    counts = {"files": 0, "unreadable": 0}

    def write(partial: Path) -> None:
        # A name that is not UTF-8 comes out as the bytes that it has on the disk.
        with partial.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(_header(top))
            for row in rows_in_order(output):
                counts["files"] += 1
                counts["unreadable"] += "error" in row
                table.writerow(_cells(row, top))

    atomic_write(output / TABLE, write)
    return Summary(output / TABLE, **counts)


def _header(top: int) -> list[str]:
    more = [name for place in range(2, top + 1) for name in (f"class_{place}", f"probability_{place}")]
    return ["file", "class", "probability", "up", "points", *more, "error"]


def _cells(row: Row, top: int) -> list[object]:
    classes = [cell for pair in row.get("classes", []) for cell in pair]  # name, probability, name, ...
    classes += [""] * (2 * top - len(classes))
    return [row["file"], *classes[:2], row.get("up", ""), row.get("points", ""), *classes[2:], row.get("error", "")]
