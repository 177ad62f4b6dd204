"""NPZ: a zip archive of numpy's arrays."""

import zipfile

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.npy import as_points, read_array
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_NAMES = ("points", "pos", "xyz", "coords", "coord", "data")  # of arrays that hold points, first come first served


def read_npz(source: Source) -> Content:
    """The only array, or the one named points, pos, xyz, coords, coord or data."""
    try:
        archive = zipfile.ZipFile(source.file)
        names = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    except Exception as error:  # a damaged zip raises from many places
        raise InputError(f"{source.path}: not a readable .npz archive ({reason(error)}); is it complete?") from None
    chosen = [name for name in _NAMES if name in names] or list(names)
    if len(chosen) != 1 and (not chosen or chosen[0] not in _NAMES):
        held = ", ".join(sorted(names)[:10]) or "nothing"
        raise InputError(f"{source.path}: holds {held[:200]!r}; name the points' array {_NAMES[0]!r}")
    member = names[chosen[0]]
    check_bytes(source.path, member.file_size)
    try:
        # The size stands in a header as well: no more is unpacked than it says.
        with archive.open(member) as file:
            return as_points(source, read_array(source, file, member.file_size))
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{source.path}: not a readable .npz archive ({reason(error)}); is it complete?") from None
