"""What jsonargparse says of a bad config or command line, cut to what matters of it, on one line."""

import re

from nimba.runtime.choices import nearest

_WHERE = re.compile(r"(?:Parser key \"(?P<key>.+)\"|Problem with given class_path '(?P<path>.+)'):$")
_FRAME = ("Does not validate against any", "Subtypes:", "Errors:")
_GIVEN = "Given value: "
_CHOICE = re.compile(r"Expected an? typing\.Literal\[(?P<known>.*)\](?:\. Got value: |, got )(?P<given>.*)$")
_DENIED = re.compile(r"Importing '(?P<path>.+?)' is not allowed, denied by the '.*' entry")
_NO_CLASS = re.compile(r"Expected a dot import path string: (?P<name>.*?)(?:, got .*)?$")
_TYPE = re.compile(r"Expected an? <class '(?P<type>[\w.]+)'>")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "dict": "a mapping",
    "list": "a list",
    "NoneType": "null",
}
_LONGEST = 300


def one_line(message: str) -> str:
    """The way to the first complaint, the complaint, and the value it is about.

    jsonargparse nests a block for each alternative that a value was tried against; the first is the one that it was
    meant for, unless that was to be a plain value and a class was given.
    """
    where: list[str] = []
    lines = [line.strip().removeprefix("- ") for line in message.splitlines()]
    for number, line in enumerate(lines):
        place = _WHERE.match(line)
        if place:
            where.append(place["key"] or place["path"])
        elif line and not line.startswith(_FRAME) and not _expects_text(line, lines[number + 1 :]):
            complaint = line if where else " ".join(lines[number:])
            return _plain(": ".join([*where, complaint]) + _given(line, lines[number:]))
    return _plain(" ".join(lines))


def _expects_text(line: str, rest: list[str]) -> bool:
    """Whether a value was only asked to be text as well, and there is a complaint about the class that it names."""
    return line == "Expected a <class 'str'>" and any(_WHERE.match(other) for other in rest)


def _given(complaint: str, rest: list[str]) -> str:
    values = [line.removeprefix(_GIVEN) for line in rest if line.startswith(_GIVEN)]
    wanted = complaint.startswith("Expected a") and "Got value" not in complaint
    return f", got {values[0]}" if values and wanted else ""


def _plain(line: str) -> str:
    """Without the words of Python's types, and of jsonargparse's policies."""
    choice, denied, unknown = _CHOICE.search(line), _DENIED.search(line), _NO_CLASS.search(line)
    if choice:
        known = [name.strip(" '\"") for name in choice["known"].split(",")]
        about = f"{choice['given']!r} is not one of {', '.join(known)}{nearest(choice['given'], known)}"
        line = line[: choice.start()] + about
    elif denied:
        line = f"{line[: denied.start()]}no class that a config may name; a package of your own goes into NIMBA_TRUST"
    elif unknown:
        line = f"{line[: unknown.start()]}no class is called {unknown['name'][:60]!r}"
    line = _TYPE.sub(lambda match: f"expected {_WORDS.get(match['type'], match['type'])}", line)
    line = line.replace(". Got value: ", ", got ")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
