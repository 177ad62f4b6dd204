"""YAML that a stranger may have written: read within bounds, with errors that name the file and the line."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from nimba.runtime.errors import InputError

MAX_CHARACTERS = 1 << 20
MAX_VALUES = 50_000  # each counted as often as it is referred to: our largest config has 60
MAX_DEPTH = 50  # of lists and mappings in one another


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        InputError: if it cannot be read, is no YAML, or is too large, too deep or too much of it repeated.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8; give a YAML file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    check_yaml(text, str(path))
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:  # a value that is no number, date or tag that we know
        raise InputError(_complaint(error, str(path))) from None


def check_yaml(text: str, where: str = "config") -> None:
    """Refuse text that is no YAML, or that grows when it is read.

    A name for a part (``&a``) that is used again (``*a``) costs nothing by itself, but twenty levels of ten uses each
    are more values than any memory holds, as soon as somebody walks through them.

    Raises:
        InputError: naming ``where``, and the line.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{where}: has more than {MAX_CHARACTERS:,} characters; is it a config?")
    try:
        _check_events(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise InputError(_complaint(error, where)) from None
    except InputError as error:
        raise InputError(f"{where}{error}") from None


def _check_events(events: Iterable[yaml.Event]) -> None:
    """Count values, without building them: this is a loop, not a recursion, so that depth costs nothing."""
    sizes: dict[str, int] = {}  # values under each name, once it is known
    open_parts: list[tuple[str | None, int]] = [(None, 0)]  # name and values so far of what is not at its end yet
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_parts.append((event.anchor, 1))
            size = 0
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_parts.pop()
            if anchor:
                sizes[anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise InputError(f", line {line}: *{event.anchor} is part of itself, or of nothing")
            size = sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if event.anchor:
                sizes[event.anchor] = size
        else:
            continue
        name, so_far = open_parts[-1]
        open_parts[-1] = (name, so_far + size)
        if so_far + size > MAX_VALUES:
            raise InputError(f", line {line}: more than {MAX_VALUES:,} values, those counted again that are repeated")
        if len(open_parts) > MAX_DEPTH:
            raise InputError(f", line {line}: lists and mappings in one another, more than {MAX_DEPTH} of them")


def _complaint(error: Exception, where: str) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return f"{where}{line}: not valid YAML ({' '.join(what.split())})"
