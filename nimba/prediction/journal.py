"""Which file a process is reading: one on which it dies is known at the next start, and at its second death passed by.

A reader can be killed by what it reads: a fault in a native library, or more memory than there is. Each reading process
keeps a small file in the output's folder, locked while it lives, with the name of the file that it reads. One that is
not locked and still names a file was left by a process that died on it.
"""

import fcntl
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

PREFIX = ".reading-"
_READING, _IDLE = b"r", b"-"
_DEATHS = "deaths.jsonl"  # a line for each: the name of the file
ENOUGH = 2  # deaths; the first may have been a kill from outside


class Journal:
    """What a process and its workers are reading: each writes down its own.

    On a file system without locks it does nothing: a file that kills its reader is met at each start then.

    Args:
        folder: of the predictions.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._start = f"{PREFIX}{secrets.token_hex(8)}"
        self._owner: int | None = None
        self._file: int | None = None

    @contextmanager
    def reading(self, file: str) -> Iterator[None]:
        """Around the reading of ``file``; any end of it but the process's own death takes the note back."""
        descriptor = self._opened()
        if descriptor is None:
            yield
            return
        # No sync: what a process has written outlives it, and a power failure is no file's fault.
        os.pwrite(descriptor, _READING + json.dumps(file).encode("ascii") + b"\n", 0)
        try:
            yield
        finally:
            os.pwrite(descriptor, _IDLE, 0)

    def close(self) -> None:
        """Forget what this process and its workers, which have ended, were reading; none of them died on it."""
        for path in self.folder.glob(f"{escape(self._start)}-*"):
            path.unlink(missing_ok=True)
        if self._file is not None and self._owner == os.getpid():
            os.close(self._file)
        self._owner = None

    def _opened(self) -> int | None:
        if self._owner != os.getpid():  # a worker's copy is not the process's that made it
            self._owner = os.getpid()
            self._file = None
            with suppress(OSError):
                self._file = _locked(self.folder / f"{self._start}-{os.getpid()}")
        return self._file

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_owner": None, "_file": None}  # a worker opens its own


def _locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)  # another process took it for a dead one's before it was locked


def note_deaths(folder: Path) -> list[str]:
    """Take over what dead processes left in ``folder``: the files that they died on, noted down; once each."""
    died = []
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process was faster, or the process lives
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                state = os.pread(descriptor, 1 << 16, 0)
                if state.startswith(_READING):
                    name = json.loads(state[1:].partition(b"\n")[0])
                    _append(folder, name)
                    died.append(name)
                    os.pwrite(descriptor, _IDLE, 0)
                path.unlink()
            except ValueError:  # cut by a full disk
                path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)
    return died


def deadly(folder: Path) -> frozenset[str]:
    """The files that are not to be read any more."""
    counts: Counter[str] = Counter()
    with suppress(OSError):
        for line in (folder / _DEATHS).read_text(encoding="ascii").splitlines():
            with suppress(ValueError):
                counts[json.loads(line)] += 1
    return frozenset(file for file, deaths in counts.items() if deaths >= ENOUGH)


def _append(folder: Path, name: str) -> None:
    descriptor = os.open(folder / _DEATHS, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666)
    try:
        os.write(descriptor, json.dumps(name).encode("ascii") + b"\n")
    finally:
        os.close(descriptor)
