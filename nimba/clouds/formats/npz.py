"""NPZ: a zip archive of numpy's arrays."""

import zipfile

import numpy as np

from nimba.clouds.formats.arrays import Held, read_named
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.npy import read_array, read_array_header
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_MOST = 1000  # arrays whose headers are looked at


def read_npz(source: Source) -> Content:
    """The only array that may be a cloud, or that with one of the usual names: points, pos, xyz ..."""
    try:
        archive = zipfile.ZipFile(source.file)
        members = {info.filename[:-4]: info for info in archive.infolist()[:_MOST] if info.filename[-4:] == ".npy"}
    except Exception as error:  # a damaged zip raises from many places
        raise _error(source, error) from None

    def load(name: str) -> np.ndarray:
        check_bytes(source.path, members[name].file_size)
        # The size stands in a header as well: no more is unpacked than it says.
        with archive.open(members[name]) as file:
            return read_array(source, file, members[name].file_size)

    try:
        held = []
        for name, member in members.items():
            with archive.open(member) as file:
                held.append(Held(name, *read_array_header(source, file, member.file_size)))
        return read_named(source.path, held, load)
    except InputError:
        raise
    except Exception as error:
        raise _error(source, error) from None


def _error(source: Source, error: Exception) -> InputError:
    return InputError(f"{source.path}: not a readable .npz archive ({reason(error)}); is it complete?")
