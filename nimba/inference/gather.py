"""What a user gave, whatever it is, as one list of clouds to read."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from glob import iglob
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.formats.registry import described
from nimba.clouds.listing import all_files, is_cloud
from nimba.clouds.read import Reading, read
from nimba.inference.arrays import Shape, reading_of, shapes_in
from nimba.inference.streams import read_stream, suffix_of
from nimba.runtime.errors import InputError

_KINDS = (
    "a path, a folder, an array or tensor (N, 3) or (B, N, 3), an Open3D, torch-geometric or trimesh object, "
    "or a list of such"
)


@dataclass(frozen=True)
class Item:
    """One cloud that is still to be read.

    Args:
        source: what it is called.
        read: reads it.
        path: of its file, where it is one.
    """

    source: str
    read: Callable[[], Reading]
    path: Path | None = None


@dataclass
class Inputs:
    """All clouds that were given.

    Args:
        groups: those that come from one place (a folder, or a list) lie together; they share their axes.
        passed_over: how many files were no clouds, by their names.
        single: whether one cloud was given, and not a list of clouds.
    """

    groups: list[list[Item]] = field(default_factory=list)
    passed_over: int = 0
    single: bool = False

    @property
    def items(self) -> list[Item]:
        """All of them, in order."""
        return [item for group in self.groups for item in group]


def gather(x: Any, format: str | None = None) -> Inputs:
    """The clouds that ``x`` stands for; none is read yet.

    Args:
        x: a path, a folder (at any depth), a pattern such as ``scans/*.ply``, an array or tensor (N, 3) or (B, N, 3),
            an object of Open3D, torch-geometric or trimesh, a binary stream; or a list of any of these.
        format: of streams: the extension, such as "ply"; None to recognise it.

    Raises:
        InputError: nothing of that, or nothing in it.
    """
    if isinstance(x, Inputs):
        return x
    if format is not None:
        suffix_of(format)
    found = Inputs()
    if _is_many(x):
        members = list(x)
        if not members:
            raise InputError("x: an empty list; give a cloud or more")
        # Files and arrays beside each other came together; each folder is a place of its own.
        parts = [(number, _found(one, f"x[{number}]", format, found)) for number, one in enumerate(members)]
        for _, run in groupby(parts, key=lambda part: None if len(part[1]) == 1 else part[0]):
            found.groups.append([item for _, items in run for item in items])
    else:
        items = _found(x, "x", format, found)
        found.groups.append(items)
        found.single = len(items) == 1 and (items[0].path is None or items[0].path == Path(os.fsdecode(x)))
    found.groups = [group for group in found.groups if group]
    return found


def _is_many(x: Any) -> bool:
    """Whether it is a list of inputs, and not one written as nested lists of numbers."""
    if isinstance(x, np.ndarray):
        return x.dtype == object and x.ndim == 1
    if isinstance(x, list | tuple):
        return not _is_numbers(x)
    return isinstance(x, Iterator | set | frozenset) and not hasattr(x, "read")


def _is_numbers(x: list[Any] | tuple[Any, ...]) -> bool:
    """[[x, y, z], ...], or lists of these: its first leaf is a number, behind lists alone."""
    depth, first = 0, x
    while isinstance(first, list | tuple) and len(first):
        depth, first = depth + 1, first[0]
    row = isinstance(first, np.ndarray) and first.ndim == 1 and first.dtype != object
    return row or (depth > 0 and isinstance(first, int | float | np.number))


def _found(x: Any, where: str, format: str | None, found: Inputs) -> list[Item]:
    """The clouds of one input; one that is no input at all is told of when it is read, if it is one of a list."""
    try:
        return _items(x, where, format, found)
    except InputError as error:
        if where == "x":
            raise
        path = Path(x) if isinstance(x, str | os.PathLike) else None
        return [Item(where if path is None else str(path), partial(_refuse, error), path)]


def _refuse(error: InputError) -> Reading:
    raise error


def _items(x: Any, where: str, format: str | None, found: Inputs) -> list[Item]:
    if isinstance(x, str | os.PathLike):
        return _of_path(os.fspath(x), where, found)
    if isinstance(x, list | tuple) and _is_numbers(x):
        x = _as_array(x, where)
    if hasattr(x, "read"):
        name = getattr(x, "name", None)
        source = name if isinstance(name, str) else where
        return [Item(source, partial(read_stream, x, source, format))]
    shapes = shapes_in(x, where)
    if shapes is None:
        kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
        raise InputError(f"{where}: {kind} is no cloud; give {_KINDS}")
    if len(shapes) == 1 and not _is_batch(x):
        return [_of_shape(shapes[0], where)]
    return [_of_shape(shape, f"{where}[{number}]") for number, shape in enumerate(shapes)]


def _is_batch(x: Any) -> bool:
    return getattr(x, "ndim", 2) == 3 or hasattr(x, "to_data_list")


def _of_shape(shape: Shape, source: str) -> Item:
    return Item(source, partial(reading_of, shape, source))


def _as_array(x: Any, where: str) -> np.ndarray:
    try:
        return np.asarray(x)
    except ValueError:  # rows of unequal length
        raise InputError(f"{where}: rows of unequal length; a cloud is (N, 3) numbers") from None


def _of_path(name: str | bytes, where: str, found: Inputs) -> list[Item]:
    text = os.fsdecode(name)
    if not text.strip():
        raise InputError(f"{where}: an empty name; give the path of a cloud")
    path = Path(text)
    try:
        if path.is_dir():
            return _in_folder(path, found)
        if path.exists() or not any(letter in text for letter in "*?["):
            return [_of_file(path)]
    except (OSError, ValueError) as error:  # a name that is too long, or has a zero in it
        raise InputError(f"{text[:80]}: no name of a file ({getattr(error, 'strerror', None) or error})") from None
    return _of_pattern(text, found)


def _in_folder(folder: Path, found: Inputs) -> list[Item]:
    clouds = list(_counted((os.path.join(folder, name) for name in all_files(folder)), found))
    if not clouds:
        raise InputError(f"{folder}: holds no clouds; known: {described()}")
    return [_of_file(Path(name)) for name in clouds]


def _of_pattern(pattern: str, found: Inputs) -> list[Item]:
    """What a shell would have put in its place: files in order, folders with what they hold."""
    names: list[str] = []
    for match in sorted(iglob(pattern, recursive=True)):
        if not os.path.isdir(match):
            names.append(match)
        elif "**" not in pattern:  # which names what is in a folder as well as the folder
            names += (os.path.join(match, name) for name in all_files(Path(match)))
    clouds = list(_counted(names, found))
    if not clouds:
        raise InputError(f"{pattern}: matches no cloud; known: {described()}")
    return [_of_file(Path(name)) for name in clouds]


def _counted(names: Iterable[str], found: Inputs) -> Iterator[str]:
    """The names of clouds; the others are counted."""
    for name in names:
        if is_cloud(name):
            yield name
        else:
            found.passed_over += 1


def _of_file(path: Path) -> Item:
    return Item(str(path), partial(read, path), path)
