"""A stranger's file, opened for a reader: a plain file or a gzipped one, and what lies beside it."""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from nimba.clouds.formats.limits import POINT_BYTES, check_bytes, max_points
from nimba.runtime.errors import InputError, first_line

_BLOCK = 1 << 20
_LONGEST = 160  # letters


@dataclass(frozen=True)
class Source:
    """An open file.

    Args:
        path: its name, for errors and for what lies beside it; ``.gz`` is kept.
        file: at its start, and seekable.
        size: in bytes, unpacked.
    """

    path: Path
    file: BinaryIO
    size: int

    @property
    def left(self) -> int:
        """Bytes behind the place that the file is read at."""
        return self.size - self.file.tell()

    def rest(self) -> bytes:
        """All of it from there on."""
        return self.file.read(self.left)

    def sibling(self, reference: str) -> bytes:
        """The bytes of a file that this one names: beside it, or in a folder there, and nowhere else.

        Raises:
            InputError: an address of the network, an absolute name, one that leads out of the folder (by way of a link,
                too), no regular file, or more bytes than the limit.
        """
        folder = os.path.realpath(self.path.parent)
        name = unquote(reference)
        target = os.path.realpath(os.path.join(folder, name))
        outside = os.path.isabs(name) or "://" in name or os.path.commonpath([folder, target]) != folder
        if outside or "\0" in name or "\\" in name:
            raise InputError(
                f"{self.path}: refers to {reference[:80]!r}, which is not a file beside it; it is not opened"
            )
        with _opened(Path(target), f"{self.path}: refers to {reference[:80]!r}:") as (file, size):
            check_bytes(self.path, size)
            return file.read(size)


def reason(error: Exception) -> str:
    """Why a library did not read a file, on a line that is not too long: some repeat half the file."""
    line = "".join(letter if letter.isprintable() else "?" for letter in first_line(error))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."


@contextmanager
def open_source(path: Path, gzipped: bool) -> Iterator[Source]:
    """Open a user's file for a reader.

    Raises:
        InputError: no such file, a folder, a pipe or a device, one that cannot be opened; gzip data that are damaged or
            that unpack to more than the limit.
    """
    with _opened(path, f"{path}:") as (file, size):
        if not gzipped:
            yield Source(path, file, size)
            return
        data = _unpacked(path, file)
        yield Source(path, io.BytesIO(data), len(data))


@contextmanager
def _opened(path: Path, who: str) -> Iterator[tuple[BinaryIO, int]]:
    try:
        # A pipe would be waited for until somebody writes into it: it is opened without waiting, and closed again.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputError(f"{who} no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{who} cannot be opened ({getattr(error, 'strerror', error)})") from None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{who} is a folder; give files, for example {path}/*")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{who} is a pipe or a device, not a file")
        yield file, status.st_size


def _unpacked(path: Path, file: BinaryIO) -> bytes:
    most = max_points() * POINT_BYTES
    blocks, size = [], 0
    try:
        with gzip.GzipFile(fileobj=file) as packed:
            while block := packed.read(_BLOCK):
                size += len(block)
                if size > most:
                    check_bytes(path, size)
                blocks.append(block)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged gzip data ({error}); is the file complete?") from None
    return b"".join(blocks)
