"""Unpacking a downloaded archive: the data appears whole or not at all."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from nimba.runtime.errors import InputError
from nimba.runtime.files import naming


def unpack(archive: Path, folder: str, target: Path, verify: Callable[[Path], None] = lambda unpacked: None) -> None:
    """Unpack one folder of a zip archive so that its contents lie in ``target``.

    Args:
        archive: the zip file.
        folder: the folder in it that is wanted.
        target: where its contents go. It may exist; files of the same names in it are replaced.
        verify: called with the unpacked folder before anything is moved; raises InputError where it is not right.

    Raises:
        InputError: not a zip archive, a damaged one, or one without the folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".unpack-", suffix=".part", dir=target.parent))
    try:
        try:
            with naming(temporary), zipfile.ZipFile(archive) as file:
                file.extractall(temporary)
        except (zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"{archive}: damaged zip archive: delete it and download it again") from error
        unpacked = temporary / folder
        if not unpacked.is_dir():
            raise InputError(f"{archive}: no folder {folder} in it: not the archive of this data set")
        verify(unpacked)
        _move(unpacked, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move(unpacked: Path, target: Path) -> None:
    if not target.exists():
        os.replace(unpacked, target)  # all at once
        return
    # Into a folder that is there: lists (.txt) last, since a data set is told by its lists.
    for item in sorted(unpacked.iterdir(), key=lambda item: (item.suffix == ".txt", item.name)):
        os.replace(item, target / item.name)
