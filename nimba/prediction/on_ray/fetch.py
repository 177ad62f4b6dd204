"""Clouds from elsewhere, as files on this machine's disks: a few ahead of the one that is read."""

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nimba.clouds.formats.limits import POINT_BYTES, check_bytes, max_points
from nimba.prediction.on_ray.inputs import Source
from nimba.runtime.errors import InputError, about
from nimba.runtime.places import as_name

AHEAD = 8  # clouds: the network's delay is then as short as reading them
_CHUNK = 1 << 20  # bytes
_GONE = "no such file"


@dataclass(frozen=True)
class Fetched:
    """A cloud's file; or why there is none.

    ``final``: whether another try would meet the same.
    """

    file: str
    path: Path | None = None
    error: str | None = None
    final: bool = True


def fetched(source: Source, files: Iterable[str]) -> Iterator[Fetched]:
    """Each cloud, in order, in a file that is there until the next one is asked for."""
    with tempfile.TemporaryDirectory(prefix="nimba-") as folder, ThreadPoolExecutor(AHEAD) as pool:
        waiting: deque[Future[Fetched]] = deque()
        for number, file in enumerate(files):
            waiting.append(pool.submit(_fetch, source, file, Path(folder) / str(number)))
            if len(waiting) > AHEAD:
                yield from _handed_out(waiting.popleft().result(), folder)
        while waiting:
            yield from _handed_out(waiting.popleft().result(), folder)


def _handed_out(one: Fetched, folder: str) -> Iterator[Fetched]:
    yield one
    if one.path is not None and one.path.is_relative_to(folder):
        one.path.unlink(missing_ok=True)


def _fetch(source: Source, file: str, folder: Path) -> Fetched:
    here = source.path(file)
    if here is not None:
        return Fetched(file, here) if here.exists() else Fetched(file, error=_GONE)
    folder.mkdir()
    path = folder / (as_name(file) or "cloud")
    try:
        with source.open(file) as stream, path.open("wb") as copy:
            most = max_points() * POINT_BYTES  # what no reader takes is not fetched to its end
            while copy.tell() <= most and (chunk := stream.read(_CHUNK)):
                copy.write(chunk)
            check_bytes(path, copy.tell())
    except FileNotFoundError:
        return Fetched(file, error=_GONE)
    except Exception as error:  # of a client's library
        return Fetched(file, error=about(error, path), final=isinstance(error, InputError))
    return Fetched(file, path)
