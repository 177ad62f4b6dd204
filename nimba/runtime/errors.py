"""The one exception that NIMBA raises for bad input from a user, and what others' exceptions say on one line."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "change its permissions or choose another place"),
    errno.ENOTDIR: "a part of that path is a file",
}


class InputError(ValueError):
    """Bad input: a single line that says what is wrong, where, and what to do.

    Command-line entry points print it to stderr and exit with code 2, without a traceback;
    as a library it behaves like any ``ValueError``.
    """


def first_line(error: Exception) -> str:
    """What a library's exception says, on one line; its type where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def describe(error: OSError) -> str:
    """An error of the operating system as a user is told it: the path, what is wrong, what to do."""
    path = error.filename2 or error.filename
    what = error.strerror or str(error) or type(error).__name__
    advice = _ADVICE.get(error.errno or 0)
    return f"{f'{os.fsdecode(path)}: ' if isinstance(path, str | bytes) else ''}{what}{f'; {advice}' if advice else ''}"


def about(error: Exception, path: Path | str) -> str:
    """Why a file of a list could not be dealt with, on one line, without its path (or name) in front."""
    text = describe(error) if isinstance(error, OSError) else str(error)
    text = " ".join(text.removeprefix(f"{path}: ").split())
    return text if isinstance(error, InputError | OSError) and text else f"{type(error).__name__}: {text}".rstrip(": ")


def origins(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, the one that it came from, and so on."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def system_error(error: BaseException | None) -> OSError | None:
    """The operating system's error that ``error`` is or came from; None where there is none."""
    return next((origin for origin in origins(error) if isinstance(origin, OSError)), None)
