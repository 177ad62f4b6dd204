"""Downloading an archive: resumable, verified, and whole or not there."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from tqdm import tqdm

from nimba.runtime.errors import InputError

_BLOCK = 1 << 20  # bytes read at a time
_TIMEOUT = 30.0  # seconds without a byte before an attempt is given up
_ATTEMPTS = 5


def download(url: str, path: Path, *, sha256: str | None = None, attempts: int = _ATTEMPTS) -> str:
    """Download ``url`` to ``path`` by way of ``path.part``, resuming where an earlier attempt stopped.

    Args:
        url: an http or https address.
        path: the file; it appears under this name only when it is complete and verified.
        sha256: expected checksum in hexadecimal, or None where none is known.
        attempts: how often a broken connection is taken up again before giving up.

    Returns:
        The SHA-256 of the file.

    Raises:
        InputError: the address cannot be read (the part stays, for the next call), or the checksum is wrong (the part
            goes).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    reason = "no attempt made"
    for _ in range(attempts):
        try:
            _fetch(url, part)
            break
        except urllib.error.HTTPError as error:
            raise InputError(f"{url}: the server answers {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
    else:
        raise InputError(f"{url}: download broken off ({reason}); what has come is kept, run again to go on")
    found = sha256_of(part)
    if sha256 is not None and found != sha256:
        part.unlink()
        raise InputError(f"{url}: SHA-256 is {found}, expected {sha256}: removed; download it again")
    os.replace(part, path)
    return found


def _fetch(url: str, part: Path) -> None:
    """Append to ``part`` what it lacks of ``url``; OSError where the connection ends early."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if _total(error.headers.get("Content-Range")) == have:
            return  # nothing is lacking
        part.unlink()  # longer than the file: not a part of it
        raise ConnectionError("the part did not fit the file") from error
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        start = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = start + int(length) if length is not None else None
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(
                total=total, initial=start, desc=part.stem, unit="B", unit_scale=True, leave=False, disable=None
            ) as bar,
        ):
            while block := response.read(_BLOCK):
                file.write(block)
                bar.update(len(block))
            if total is not None and file.tell() != total:
                raise ConnectionError(f"ended after {file.tell()} of {total} bytes")


def _total(content_range: str | None) -> int | None:
    """N of ``bytes */N``."""
    total = (content_range or "").rpartition("/")[2]
    return int(total) if total.isdigit() else None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
