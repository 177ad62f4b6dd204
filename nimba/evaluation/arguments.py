"""What jsonargparse says of a bad config, cut to what matters of it."""

import re

_WHERE = re.compile(r"(?:Parser key \"(?P<key>.+)\"|Problem with given class_path '(?P<path>.+)'):$")
_FRAME = ("Does not validate against any", "Subtypes:", "Errors:")
_GIVEN = "Given value: "


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
    return f", got {values[0]}" if values and complaint.startswith("Expected a") else ""
