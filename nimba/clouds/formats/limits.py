"""How much a file may ask for: a header of a few bytes can promise more than any memory holds."""

import os
from pathlib import Path

from nimba.runtime.errors import InputError

VARIABLE = "NIMBA_MAX_POINTS"
DEFAULT = 20_000_000
POINT_BYTES = 24  # three doubles


def max_points() -> int:
    """The most points or faces of a file that are read: ``NIMBA_MAX_POINTS`` in the environment, or 20 million.

    Raises:
        InputError: the variable is set, but not to a whole number above 0.
    """
    text = os.environ.get(VARIABLE, str(DEFAULT))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise InputError(f"{VARIABLE}: {text!r} is not a whole number above 0; unset it for {DEFAULT:,}")
    return int(text)


def check_count(path: Path, count: int, what: str = "points") -> None:
    """Refuse a file whose header says that it holds more points (or faces) than the limit.

    Raises:
        InputError: naming the limit, and how to raise it.
    """
    if count > max_points():
        raise InputError(
            f"{path}: says that it holds {count:,} {what}, above the limit of {max_points():,}; "
            f"if it does, set {VARIABLE}={count} in the environment"
        )


def check_bytes(path: Path, size: int) -> None:
    """Refuse what would unpack to more bytes than three doubles for each point of the limit.

    Raises:
        InputError: naming the limit, and how to raise it.
    """
    if size > max_points() * POINT_BYTES:
        raise InputError(
            f"{path}: would unpack to {size / 1e6:,.0f} MB, above the limit of {max_points():,} points of "
            f"{POINT_BYTES} bytes; if that is right, set {VARIABLE}={-(-size // POINT_BYTES)} in the environment"
        )
