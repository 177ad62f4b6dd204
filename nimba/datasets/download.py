"""Downloading an archive: resumable, verified, and whole or not there."""

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nimba.runtime.errors import InputError
from nimba.runtime.files import naming, sync

_BLOCK = 1 << 20  # bytes read at a time
_TIMEOUT = 30.0  # seconds without a byte before an attempt is given up
_ATTEMPTS = 5


@dataclass(frozen=True)
class Limits:
    """What a download may cost; ModelNet40's archives have up to 2 GB.

    Args:
        size: bytes of the file.
        seconds: of all attempts of one call together; a server that sends a byte now and then never times out.
    """

    size: int = 16 << 30
    seconds: float = 12 * 3600


def download(
    url: str, path: Path, *, sha256: str | None = None, attempts: int = _ATTEMPTS, limits: Limits = Limits()
) -> str:
    """Download ``url`` to ``path`` by way of ``path.part``, resuming where an earlier attempt stopped.

    Args:
        url: an http or https address.
        path: the file; it appears under this name only when it is complete and verified.
        sha256: expected checksum in hexadecimal, or None where none is known.
        attempts: how often a broken connection is taken up again before giving up.
        limits: of size and time.

    Returns:
        The SHA-256 of the file.

    Raises:
        InputError: the address cannot be read or takes too long (the part stays, for the next call), the file is too
            large, or the checksum is wrong (the part goes).
        OSError: naming the part, if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    deadline = time.monotonic() + limits.seconds
    reason = "no attempt made"
    for _ in range(attempts):
        try:
            _fetch(url, part, limits, deadline)
            break
        except urllib.error.HTTPError as error:
            raise InputError(f"{url}: the server answers {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "filename", None) == str(part):
                raise
            reason = str(getattr(error, "reason", error)) or type(error).__name__
    else:
        raise InputError(f"{url}: download broken off ({reason}); what has come is kept, run again to resume")
    found = sha256_of(part)
    if sha256 is not None and found != sha256:
        part.unlink()
        raise InputError(f"{url}: SHA-256 is {found}, expected {sha256}: removed; download it again")
    sync(part)
    os.replace(part, path)
    return found


def _fetch(url: str, part: Path, limits: Limits, deadline: float) -> None:
    """Append to ``part`` what it lacks of ``url``; OSError where the connection ends early."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if _range(error.headers.get("Content-Range"))[1] == have:
            return  # nothing is lacking
        part.unlink()  # longer than the file: not a part of it
        raise ConnectionError("the part did not fit the file") from error
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        start, total = have if resumed else 0, None
        if resumed:
            first, total = _range(response.headers.get("Content-Range"))
            if first != have:  # appended, these bytes would be in the wrong place
                part.unlink()
                raise ConnectionError(f"asked for the bytes from {have} on, got those from {first} on")
        if response.length is not None:  # of what is to come
            if total is not None and start + response.length != total:
                raise ConnectionError(f"{response.length} bytes from {start} on are not the rest of {total}")
            total = start + response.length
        _check_size(url, part, total or start, limits)
        _receive(url, response, part, start, total, limits, deadline)


def _receive(
    url: str,
    response: http.client.HTTPResponse,
    part: Path,
    start: int,
    total: int | None,
    limits: Limits,
    deadline: float,
) -> None:
    how: dict[str, Any] = {"unit": "B", "unit_scale": True, "leave": False, "disable": None}
    with (
        naming(part),
        part.open("ab" if start else "wb") as file,
        tqdm(total=total, initial=start, desc=part.stem, **how) as bar,
    ):
        while block := response.read1(_BLOCK):
            file.write(block)
            bar.update(len(block))
            _check_size(url, part, file.tell(), limits)
            if time.monotonic() > deadline:
                hours = f"{limits.seconds / 3600:.3g} hours"
                raise InputError(f"{url}: took longer than {hours}; what has come is kept, run again to resume")
        if total is not None and file.tell() != total:
            raise ConnectionError(f"ended after {file.tell()} of {total} bytes")


def _check_size(url: str, part: Path, size: int, limits: Limits) -> None:
    if size > limits.size:
        part.unlink(missing_ok=True)
        raise InputError(f"{url}: is larger than {limits.size:,} bytes; is it the right address?")


def _range(content_range: str | None) -> tuple[int | None, int | None]:
    """First byte and size of the whole, of ``bytes 100-199/300`` or ``bytes */300``; None where it does not say."""
    found = re.fullmatch(r"bytes (?:\*|(\d+)-\d+)/(?:\*|(\d+))", (content_range or "").strip())
    first, total = found.groups() if found else (None, None)
    return None if first is None else int(first), None if total is None else int(total)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
