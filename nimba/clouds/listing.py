"""The clouds under a folder, one after the other: no list of them is ever held."""

import os
from collections.abc import Iterator
from pathlib import Path

from nimba.clouds.formats.registry import ENDINGS
from nimba.runtime.errors import InputError


def is_cloud(name: str) -> bool:
    """Whether a file's name has a cloud's extension."""
    return name.lower().endswith(ENDINGS)


def cloud_files(folder: Path, without: Path | None = None) -> Iterator[str]:
    """Files with a cloud's extension under ``folder``, at any depth.

    Links are followed, but not to a folder that they lie in. Names that begin with a dot are passed by.

    Args:
        folder: where to look.
        without: a folder to leave out, if it lies in there: where predictions go.

    Returns:
        paths relative to ``folder``, with "/", in ascending order of these strings.

    Raises:
        InputError: if a folder cannot be listed.
    """
    return filter(is_cloud, all_files(folder, without))


def all_files(folder: Path, without: Path | None = None) -> Iterator[str]:
    """Files of any kind under ``folder``, as ``cloud_files`` finds those that are clouds."""
    root = Path(folder).resolve()
    return _walk(root, "", None if without is None else without.resolve(), {os.path.realpath(root)})


def _walk(root: Path, prefix: str, without: Path | None, above: set[str]) -> Iterator[str]:
    """``above``: real paths of the folders that this one lies in, and its own."""
    for name, is_folder in _entries(root / prefix):
        if not is_folder:
            yield prefix + name
            continue
        real = os.path.realpath(root / prefix / name)
        if real not in above and Path(real) != without:
            yield from _walk(root, prefix + name, without, above | {real})


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Names in a folder, those of folders with "/" at the end: sorted so, a walk yields paths in ascending order."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror}); fix its permissions or move it") from None
    return sorted((f"{name}/" if is_folder else name, is_folder) for name, is_folder in found)
