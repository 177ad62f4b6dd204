"""MAT: variables of MATLAB and Octave, by way of scipy; since version 7.3 they are HDF5.

What is compressed is unpacked here first, within the limit: scipy would unpack whatever a few bytes ask for. Only
arrays of numbers are read, never MATLAB's own objects.
"""

import io
import zlib

import numpy as np

from nimba.clouds.formats.arrays import Held, read_named
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import POINT_BYTES, check_bytes, max_points
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_HEAD, _TAG = 128, 8  # bytes
_COMPRESSED = 15
_HDF5 = b"\x89HDF\r\n\x1a\n"
_NUMBERS = {
    **{"double": "f8", "single": "f4", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8"},
    **{"uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8"},
}


def read_mat(source: Source) -> Content:
    """The only variable that may be a cloud, or that with one of the usual names: points, pos, xyz ...

    Raises:
        InputError: not a MAT, none of these, several clouds, or data that unpack to more than the limit.
    """
    head = source.file.read(_HEAD)
    if head.startswith(_HDF5) or source.file.read(4 * _HEAD).startswith(_HDF5, 3 * _HEAD):
        from nimba.clouds.formats.hdf5 import read_hdf5  # half a second, which other files need not wait for

        source.file.seek(0)
        return read_hdf5(source)
    from scipy import io as scipy_io

    source.file.seek(0)
    data = source.rest()
    try:
        file = io.BytesIO(_inflated(source, data) if data[126:128] in (b"IM", b"MI") else data)
        listed = [(str(name), tuple(map(int, shape)), kind) for name, shape, kind in scipy_io.whosmat(file)]
        held = [Held(name, shape, np.dtype(_NUMBERS.get(kind, "V1"))) for name, shape, kind in listed]

        def load(name: str) -> np.ndarray:
            file.seek(0)
            array = scipy_io.loadmat(file, variable_names=[name], verify_compressed_data_integrity=False)[name]
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name[:40]!r} is sparse")
            return array

        return read_named(source.path, held, load, "variable")
    except InputError:
        raise
    except Exception as error:  # a damaged file raises whatever it led the library to
        raise InputError(f"{source.path}: not a readable MAT ({reason(error)}); is the file complete?") from None


def _inflated(source: Source, data: bytes) -> bytes:
    """The file with its compressed variables unpacked."""
    order = "little" if data[126:128] == b"IM" else "big"
    parts, place, size = [data[:_HEAD]], _HEAD, 0
    while place + _TAG <= len(data):
        kind, length = (int.from_bytes(data[place + i : place + i + 4], order) for i in (0, 4))  # type: ignore[arg-type]
        end = place + _TAG + length
        if end > len(data):
            raise ValueError("it breaks off")
        if kind == _COMPRESSED:
            unpacker = zlib.decompressobj()
            left = max_points() * POINT_BYTES - size
            part = unpacker.decompress(data[place + _TAG : end], max(left, 1))
            size += len(part)
            if not unpacker.eof:
                if size >= max_points() * POINT_BYTES:
                    check_bytes(source.path, size + 1)
                raise ValueError("a variable that breaks off")
            parts.append(part)
        else:
            parts.append(data[place:end])
        place = end
    return b"".join(parts)
