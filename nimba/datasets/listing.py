"""Lists in text files: one entry a line."""

from pathlib import Path

from nimba.runtime.errors import InputError


def read_lines(path: Path) -> list[str]:
    """The lines that are not blank, stripped.

    Raises:
        InputError: no such file, not text, or nothing in it.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file: unpack the data set again") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text: unpack the data set again") from error
    lines = [line for line in lines if line]
    if not lines:
        raise InputError(f"{path}: empty: unpack the data set again")
    return lines
