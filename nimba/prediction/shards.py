"""Rows on disk: one file for each process and start, only ever appended to by the one that made it.

A process goes through its files in ascending order, so each shard is sorted, and all shards together can be
read in order without holding them. A kill can tear a shard's last line; a line without its end counts as not written.
A later start makes a shard of its own and leaves that line alone.
"""

import heapq
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from nimba.prediction.share import Share
from nimba.runtime.errors import InputError

Row = dict[str, Any]  # "file" with "points", "up", "classes": [[name, probability], ...], or with "error"
CHUNK = 1 << 16  # bytes; no shard is kept open, there may be thousands


class ShardWriter:
    """Append rows to a shard of this start's own, made with the first row.

    Args:
        folder: of all shards.
        share: of this process.
    """

    def __init__(self, folder: Path, share: Share):
        self.folder = folder
        self.share = share
        self._file: FileIO | None = None

    def write(self, rows: Iterable[Row]) -> None:
        """Append; on return the rows are on the disk.

        Raises:
            InputError: if the disk is full, or the folder not writable.
        """
        lines = memoryview(b"".join(json.dumps(row).encode("ascii") + b"\n" for row in rows))
        try:
            self._file = self._file or self._create()
            while lines:
                lines = lines[self._file.write(lines) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InputError(
                f"{self.folder}: cannot be written ({error.strerror}); make room, then run it again"
            ) from None

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()

    def _create(self) -> FileIO:
        """A file that nobody else writes: shard-00000-of-00004.jsonl, and at the next start, ....1.jsonl."""
        stem = f"shard-{self.share.number:05}-of-{self.share.count:05}"
        for start in itertools.count():
            try:
                file = FileIO(self.folder / f"{stem}{f'.{start}' if start else ''}.jsonl", "x")
            except FileExistsError:
                continue
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name itself
            finally:
                os.close(folder)
            return file
        raise AssertionError("unreachable")


def rows_in_order(folder: Path) -> Iterator[Row]:
    """Each file's row, in ascending order of the files; a file's second row is left out.

    Shards that appear, and rows that are written, after the call are not read.
    """
    shards = [(path, path.stat().st_size) for path in sorted(folder.glob("shard-*.jsonl"))]
    merged = heapq.merge(*(_rows(path, size) for path, size in shards), key=_file)
    return (next(rows) for _, rows in itertools.groupby(merged, key=_file))


def without_row(files: Iterable[str], rows: Iterable[Row]) -> Iterator[str]:
    """Of files in ascending order, those that have none of the rows, which are in that order too."""
    finished = map(_file, rows)
    done = next(finished, None)
    for file in files:
        while done is not None and done < file:
            done = next(finished, None)
        if done != file:
            yield file


def _file(row: Row) -> str:
    return row["file"]


def _rows(path: Path, size: int) -> Iterator[Row]:
    """The whole lines in the first ``size`` bytes."""
    rest = b""
    for offset in range(0, size, CHUNK):
        with path.open("rb") as file:
            file.seek(offset)
            chunk = file.read(min(CHUNK, size - offset))
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:  # the disk lost a block; the file is predicted again
                continue
            if isinstance(row, dict) and "file" in row:
                yield row
