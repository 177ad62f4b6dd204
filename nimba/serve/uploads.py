"""The clouds of a request, in whichever of its three forms they come: files, one file's bytes, or numbers as JSON."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
from fastapi import Request
from starlette.datastructures import UploadFile

from nimba.clouds.formats.registry import ENDINGS
from nimba.clouds.read import Reading
from nimba.inference.arrays import reading_of, shapes_in
from nimba.inference.streams import read_stream, recognised, suffix_of
from nimba.inference.words import shown
from nimba.runtime.errors import InputError
from nimba.serve.limits import Limits, RefusedError

BODY, POINTS = "body", "points"  # what the bytes and the numbers of a request are called
_LONGEST = 120  # characters of a name


@dataclass(frozen=True)
class Upload:
    """A cloud that came with a request and is still to be read.

    Args:
        name: what it is called in answers and errors; it can be shown.
        read: reads it.
    """

    name: str
    read: Callable[[], Reading]


class UnknownFormatError(InputError):
    """A file whose format cannot be told."""


async def uploads_of(request: Request, format: str | None, limits: Limits) -> list[Upload]:
    """The clouds of a request; none is read yet.

    Args:
        request: with a body.
        format: of bytes without a name, by its extension; None to recognise it.
        limits: how many files there may be.

    Raises:
        RefusedError: there is none, or too many; the JSON is not what it has to be; the format is not known.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if format is not None:
        try:
            suffix_of(format)
        except InputError as error:
            raise RefusedError(415, str(error)) from None
    if kind == "multipart/form-data":
        return await _files(request, format, limits)
    body = await request.body()
    if not body:
        raise RefusedError(422, "no cloud: send a file or more, or points as JSON")
    if kind == "application/json" and format is None:
        return await asyncio.to_thread(_of_json, body, limits)
    return [Upload(BODY, partial(_read, body, BODY, format))]


async def _files(request: Request, format: str | None, limits: Limits) -> list[Upload]:
    # Each part is of bounded size already: all of a request is.
    async with request.form(max_files=limits.files, max_fields=limits.files, max_part_size=limits.bytes) as form:
        uploads = []
        for _, part in form.multi_items():
            if isinstance(part, UploadFile):
                name = safe_name(part.filename or "")
                uploads.append(Upload(name, partial(_read, await part.read(), name, format)))
    if not uploads:
        raise RefusedError(422, "no cloud: the form has no file")
    return uploads


def safe_name(name: str) -> str:
    """A stranger's name of a file: without folders, on one line, printable, and not too long."""
    last = shown(PureWindowsPath(PurePosixPath(name).name).name)
    return f"{last[: _LONGEST - 3]}..." if len(last) > _LONGEST else last or "file"


def _read(data: bytes, name: str, format: str | None) -> Reading:
    if not data:
        raise InputError(f"{name}: is empty")
    by_name = (ending for ending in ENDINGS if name.lower().endswith(ending))
    suffix = format or next(by_name, None) or recognised(data)
    if suffix is None:
        raise UnknownFormatError(f"{name}: cannot tell its format; say it, such as ?format=ply")
    return read_stream(BytesIO(data), name, suffix)


def _of_json(body: bytes, limits: Limits) -> list[Upload]:
    """{"points": [[x, y, z], ...]}, or a list of such lists for clouds of equal size."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(422, "the JSON cannot be read") from None
    points = content.get(POINTS) if isinstance(content, dict) else None
    if not isinstance(points, list):
        raise RefusedError(422, 'JSON has to be {"points": [[x, y, z], ...]}')
    try:
        shapes = shapes_in(np.asarray(points), POINTS) or []
    except ValueError as error:  # InputError is one; NumPy's are of rows of unequal length, or too deep
        line = str(error) if isinstance(error, InputError) else f"{POINTS}: rows of unequal length"
        raise RefusedError(422, f"{line}; a cloud is [[x, y, z], ...]") from None
    if len(shapes) > limits.files:
        raise RefusedError(422, f"{POINTS}: {len(shapes):,} clouds; send {limits.files} at most at a time")
    names = [POINTS] if len(shapes) == 1 else [f"{POINTS}[{number}]" for number in range(len(shapes))]
    return [Upload(name, partial(reading_of, shape, name)) for shape, name in zip(shapes, names, strict=True)]
