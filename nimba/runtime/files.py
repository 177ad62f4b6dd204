"""Files that appear whole or not at all, and errors of the disk that say which path they are about."""

import errno
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

from nimba.runtime.errors import InputError, system_error

_PARTIAL = ".partial"
_ABANDONED_AFTER = 24 * 3600  # seconds; a partial file older than this was left by a killed process
_NAME_KEPT = 40  # characters of a file's name in that of its partial file; the whole must stay below 256 bytes
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary name in the folder of ``path``, then put the file in its place.

    On return the file is on the disk. Of several processes that write one path at once the last to finish wins. Where
    anything fails, what was at ``path`` before is there still, and nothing else is.

    Args:
        path: of the file; where it is a link, what it points to is replaced.
        write: writes the contents under the name that it is given, which exists, empty.

    Raises:
        OSError: naming ``path``, if it cannot be written, whatever ``write`` made of that.
    """
    target = Path(os.path.realpath(path))
    partial = _beside(target)
    try:
        _refuse_special(target)
        _create(partial)
        write(partial)
        sync(partial)
        os.replace(partial, target)
        with suppress(OSError):  # not every file system can; the contents are safe, the name may be lost with the power
            sync(target.parent)
    except Exception as error:
        cause = system_error(error)
        if isinstance(error, InputError) or cause is None or cause.filename not in (None, str(partial)):
            raise
        raise _named(cause, path) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    _sweep(target)


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    atomic_write(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def check_output(path: Path) -> None:
    """Raise now what writing ``path`` would raise after the work, as far as that can be told: it costs next to nothing.

    Folders that are not there yet are not made.

    Raises:
        OSError: naming ``path``.
    """
    target = Path(os.path.realpath(path))
    folder = next(folder for folder in target.parents if os.path.lexists(folder))
    probe = _beside(folder / target.name)
    try:
        _refuse_special(target)
        _create(probe, bytes(4096))
    except OSError as error:
        raise _named(error, path) from None
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Around work that writes into ``path``: an error of the disk that names no file, as a full one's, names this."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno not in _OF_THE_DISK:
            raise
        raise _named(error, path) from error


def _named(error: OSError, path: Path) -> OSError:
    return OSError(error.errno or errno.EIO, error.strerror or str(error), str(path))


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name[:_NAME_KEPT]}.{secrets.token_hex(8)}{_PARTIAL}")


def _create(path: Path, content: bytes = b"") -> None:
    """A new file with the mode bits that any program's would have."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _refuse_special(target: Path) -> None:
    """A device or a folder is not to be replaced by a file."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "is a device or a pipe, not a file")


def sync(path: Path) -> None:
    """Return once what was written to a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(target: Path) -> None:
    """Remove partial files of ``target`` that killed processes left."""
    for left in target.parent.glob(f".{escape(target.name[:_NAME_KEPT])}.*{_PARTIAL}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
                left.unlink()
