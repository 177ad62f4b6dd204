"""The clouds to predict, wherever they are: those of a folder or a bucket, or of a list of addresses."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimba.clouds.formats.registry import described
from nimba.clouds.listing import all_files, is_cloud
from nimba.runtime.errors import InputError, first_line
from nimba.runtime.places import BUCKETS, WEB, Place, as_name, open_stream, place, scheme_of

LISTS = (".txt", ".csv", ".parquet")
_COLUMNS = ("file", "path", "url", "uri")  # of a table that is a list; else its first


@dataclass(frozen=True)
class Source:
    """Where names of clouds lead to.

    Args:
        address: of a folder or a bucket's prefix; or of a list.
        is_list: whether it is a list; its names are addresses, or paths relative to where it lies.
    """

    address: str
    is_list: bool

    def open(self, name: str) -> Any:
        """A binary stream of a cloud.

        Raises:
            OSError: as the file system says it.
        """
        return open_stream(self._entry(name)) if self.is_list else Place(self.address).open(name)

    def path(self, name: str) -> Path | None:
        """Of a cloud on this machine's disks; None of one elsewhere."""
        entry = self._entry(name) if self.is_list else f"{self.address}/{name}"
        return None if scheme_of(entry) else Path(entry)

    def _entry(self, name: str) -> str:
        if scheme_of(name) or name.startswith("/"):
            return name
        return f"{self.address.partition('?')[0].rpartition('/')[0]}/{name}"


@dataclass(frozen=True)
class Inputs:
    """Names of clouds in ascending order, each once; and how many files were no clouds, by their names."""

    source: Source
    names: list[str]
    passed_over: int = 0


def find_inputs(address: str, output: Place) -> Inputs:
    """The clouds of a folder, of a bucket's prefix, or of a list (.txt: one a line; .csv, .parquet: a column).

    Args:
        address: of it.
        output: left out, if it lies in there.

    Raises:
        InputError: no clouds, or what cannot be listed.
    """
    scheme = scheme_of(address)
    if scheme and scheme not in BUCKETS + WEB:
        raise InputError(f"{address}: cannot be read; give a path, or an address of s3://, gs://, http:// or https://")
    listed = as_name(address).lower().endswith(LISTS)
    if scheme in WEB and not listed:
        raise InputError(f"{address}: web pages have no folders; give a list of addresses ({', '.join(LISTS)})")
    if not scheme:
        address = str(Path(address).resolve())
        if Path(address).is_dir():
            return _in_folder(Source(address, False), list(all_files(Path(address), Path(output.address))))
        if not Path(address).is_file():
            raise InputError(f"{address}: no such folder or list")
        if not listed:
            raise InputError(f"{address}: is no folder, nor a list ({', '.join(LISTS)}); nimba classify takes files")
    if listed:
        return _of_list(Source(address, True))
    names = (name for name in place(address).files() if not any(part.startswith(".") for part in name.split("/")))
    inside = output.address.partition("?")[0].removeprefix(address.partition("?")[0].rstrip("/") + "/")
    inside = "" if inside == output.address.partition("?")[0] else inside.rstrip("/") + "/"
    return _in_folder(Source(address, False), [name for name in names if not (inside and name.startswith(inside))])


def _in_folder(source: Source, files: list[str]) -> Inputs:
    clouds = sorted(filter(is_cloud, files))
    if not clouds:
        raise InputError(f"{source.address}: holds no clouds; known: {described()}")
    return Inputs(source, clouds, len(files) - len(clouds))


def _of_list(source: Source) -> Inputs:
    try:
        with open_stream(source.address) as stream:
            content = stream.read()
        entries = _entries(content, as_name(source.address).lower())
    except InputError as error:
        raise InputError(f"{source.address}: {error}") from None
    except Exception as error:  # of the network, or of a library about contents that it does not understand
        raise InputError(f"{source.address}: no list that can be read ({first_line(error)})") from None
    names = sorted({entry for entry in map(str.strip, entries) if entry})
    if not names:
        raise InputError(f"{source.address}: an empty list; name a cloud on each line")
    return Inputs(source, names)


def _entries(content: bytes, name: str) -> list[str]:
    if name.endswith(".txt"):
        return [line for line in content.decode("utf-8-sig").splitlines() if not line.lstrip().startswith("#")]
    import pandas as pd

    table = pd.read_csv(io.BytesIO(content)) if name.endswith(".csv") else pd.read_parquet(io.BytesIO(content))
    chosen = next((column for column in table if str(column).lower() in _COLUMNS), table.columns[0])
    column = table[chosen].dropna()
    if not all(isinstance(entry, str) for entry in column):
        raise InputError(f"its column {chosen} holds no addresses; call the one that does {_COLUMNS[0]}")
    return list(column)
