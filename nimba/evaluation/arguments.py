"""What jsonargparse says of a bad config, cut to what matters of it."""

import re
from argparse import ArgumentError
from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch.utilities.exceptions import MisconfigurationException

from nimba.runtime.errors import InputError

_WHERE = re.compile(r"(?:Parser key \"(?P<key>.+)\"|Problem with given class_path '(?P<path>.+)'):$")
_FRAME = ("Does not validate against any", "Subtypes:", "Errors:")
_GIVEN = "Given value: "


@contextmanager
def bad_config_on_one_line() -> Iterator[None]:
    """Around jsonargparse's parsing and instantiation: what it raises becomes an ``InputError`` of one line.

    An ``InputError`` of a class that it instantiates comes out as it was raised, without jsonargparse's wrapping.
    """
    try:
        yield
    except ArgumentError as error:
        raise InputError(one_line(str(error))) from None
    except ValueError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, InputError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


@contextmanager
def bad_trainer_on_one_line() -> Iterator[None]:
    """Around making a Trainer: settings that Lightning refuses, or that ask for a device that is not there."""
    try:
        yield
    except (MisconfigurationException, ValueError) as error:
        raise InputError(f"trainer: {' '.join(str(error).split())}") from None


def one_line(message: str) -> str:
    """The way to the first complaint, the complaint, and the value it is about.

    jsonargparse nests a block for each alternative that a value was tried against; the first is the one that it was
    meant for.
    """
    where: list[str] = []
    lines = [line.strip().removeprefix("- ") for line in message.splitlines()]
    for number, line in enumerate(lines):
        place = _WHERE.match(line)
        if place:
            where.append(place["key"] or place["path"])
        elif not line.startswith(_FRAME):
            return ": ".join([*where, line if where else " ".join(lines[number:])]) + _given(line, lines[number:])
    return " ".join(lines)


def _given(complaint: str, rest: list[str]) -> str:
    values = [line.removeprefix(_GIVEN) for line in rest if line.startswith(_GIVEN)]
    wanted = complaint.startswith("Expected a") and "Got value" not in complaint
    return f", got {values[0]}" if values and wanted else ""
