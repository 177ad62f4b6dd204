"""One table of all shards: sorted, each file once, whole or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nimba.clouds.listing import all_files, cloud_files, is_cloud
from nimba.inference.export import csv_writer
from nimba.prediction.shards import rows_in_order, without_row
from nimba.runtime.files import atomic_write

TABLE = "predictions.csv"


@dataclass(frozen=True)
class Summary:
    """What a table holds."""

    table: Path
    files: int
    unreadable: int
    passed_over: int = 0  # files of the folder that are no clouds, by their names


def passed_over(folder: Path, output: Path) -> int:
    """How many files of ``folder`` are no clouds, by their names."""
    return sum(not is_cloud(name) for name in all_files(folder, output))


def missing(folder: Path, output: Path) -> Iterator[str]:
    """The clouds of ``folder`` that have no row in ``output``."""
    return without_row(cloud_files(folder, output), rows_in_order(output))


def merge(folder: Path, output: Path, top: int) -> Summary:
    """Write ``output/predictions.csv`` from all shards in ``output``, the predictions of ``folder``.

    The columns are those of ``nimba.inference.table.header``.
    """
    counts = {"files": 0, "unreadable": 0}

    def write(partial: Path) -> None:
        # A name that is not UTF-8 comes out as the bytes that it has on the disk.
        with partial.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            table = csv_writer(file, top)
            for row in rows_in_order(output):
                counts["files"] += 1
                counts["unreadable"] += row.get("error") is not None
                table(row)

    atomic_write(output / TABLE, write)
    return Summary(output / TABLE, **counts, passed_over=passed_over(folder, output))
