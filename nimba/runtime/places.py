"""Folders, wherever they are: on this machine's disks, or under a prefix of a bucket (s3://, gs://).

S3 and GCS are reached by pyarrow's own clients, which take credentials, region and endpoint from where each provider's
tools do (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, ``~/.aws``; Google's default credentials), or from the address's
query (``s3://bucket/scans?region=eu-north-1``).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nimba.runtime.errors import InputError, first_line
from nimba.runtime.files import atomic_write

BUCKETS = ("s3", "gs", "gcs")
WEB = ("http", "https")


def scheme_of(address: str) -> str:
    """Of an address; "" of a path."""
    scheme, found, _ = address.partition("://")
    return scheme.lower() if found and scheme.isalnum() else ""


@dataclass(frozen=True)
class Place:
    """A folder that files are listed in, read from and written to; cheap to send between machines.

    Args:
        address: a path, absolute, or s3://bucket/prefix, gs://bucket/prefix.
    """

    address: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine's disks."""
        return not scheme_of(self.address)

    def files(self) -> Iterator[str]:
        """Names of all files in a bucket's prefix, at any depth, relative to it, in no order; none of a missing one.

        Raises:
            InputError: if it cannot be listed.
        """
        system, root = _bucket(self.address)
        from pyarrow.fs import FileSelector, FileType

        try:
            found = system.get_file_info(FileSelector(root, recursive=True, allow_not_found=True))
        except OSError as error:
            why = f"cannot be listed ({first_line(error)}); check its name and your access to it"
            raise InputError(f"{self.address}: {why}") from error
        for one in found:
            if one.type == FileType.File:
                yield one.path.removeprefix(f"{root}/")

    def names(self, folder: str) -> set[str]:
        """Names of the files in one of its folders; none where there is no such folder."""
        if self.is_local:
            path = Path(self.address) / folder
            return {entry.name for entry in path.iterdir()} if path.is_dir() else set()
        inner = Place(self.within(folder))
        return set(inner.files())

    def within(self, name: str) -> str:
        """The address of a file or folder in it."""
        bare, mark, query = self.address.partition("?") if not self.is_local else (self.address, "", "")
        return f"{bare.rstrip('/')}/{name}{mark}{query}"

    def open(self, name: str) -> Any:
        """A binary stream of a file.

        Raises:
            OSError: FileNotFoundError where it is not there.
        """
        if self.is_local:
            return (Path(self.address) / name).open("rb")
        system, root = _bucket(self.address)
        return system.open_input_stream(f"{root}/{name}")

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there.

        Raises:
            InputError: if it is there and cannot be read, or nobody can tell.
        """
        try:
            with self.open(name) as stream:
                return stream.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"{self.within(name)}: cannot be read ({first_line(error)})") from error

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all: an object of a bucket is there once its last byte has arrived.

        Raises:
            OSError: if it cannot be written.
        """
        if self.is_local:
            path = Path(self.address) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, lambda partial: partial.write_bytes(content))
            return
        system, root = _bucket(self.address)
        # All at once: what is closed after an error half-way would be taken for whole.
        with system.open_output_stream(f"{root}/{name}") as stream:
            stream.write(content)


def place(address: str) -> Place:
    """The folder at an address.

    Raises:
        InputError: for another kind of address.
    """
    scheme = scheme_of(address)
    if scheme in BUCKETS:
        return Place(address)
    if scheme:
        raise InputError(
            f"{address}: cannot be listed or written; give a path, s3://bucket/prefix or gs://bucket/prefix"
        )
    return Place(str(Path(address).resolve()))


def open_stream(address: str) -> Any:
    """A binary stream of the file at an address: a path, s3://, gs://, http:// or https://.

    Raises:
        OSError: as the file system says it; FileNotFoundError where there is no such file.
    """
    scheme = scheme_of(address)
    if scheme in BUCKETS:
        system, path = _bucket(address)
        return system.open_input_stream(path)
    if scheme in WEB:
        # A stream, whose length nobody asks: a server that is down would be taken for one that has no such file.
        return _web().open(address, "rb", block_size=0, size=1)
    return open(address, "rb")


def _bucket(address: str) -> tuple[Any, str]:
    """A bucket's client, and the path in it."""
    bare, _, query = address.partition("?")
    scheme, _, path = bare.partition("://")
    host = path.partition("/")[0]
    path = path.rpartition("@")[2] if "@" in host else path  # s3://key:secret@bucket, gs://anonymous@bucket
    return _client(f"{scheme}://{host}", query), path.rstrip("/")


@cache
def _client(bucket: str, query: str) -> Any:
    """One for all files of a bucket."""
    from pyarrow.fs import FileSystem

    try:
        return FileSystem.from_uri(f"{bucket}?{query}" if query else bucket)[0]
    except (OSError, ValueError) as error:  # pyarrow's own errors among them
        raise InputError(f"{bucket}: cannot be reached ({first_line(error)}); check its name") from error


@cache
def _web() -> Any:
    import fsspec

    return fsspec.filesystem("http")


def as_name(address: str) -> str:
    """The last part of an address, without a query: the name of the file."""
    bare = address.partition("?")[0] if scheme_of(address) else address
    return os.path.basename(bare)
