"""MAT: variables of MATLAB and Octave (MathWorks, MAT-File Format); since version 7.3 they are HDF5.

It is read here, for scipy 1.17 ends the process where a damaged file of version 4 has it read beyond its data, and
unpacks whatever a few bytes ask for. Only full arrays of real numbers are read, never MATLAB's own objects.
"""

import math
import zlib
from collections.abc import Iterator

import numpy as np

from nimba.clouds.formats.arrays import Held, read_named
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import POINT_BYTES, check_bytes, max_points
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_HEAD, _TAG = 128, 8  # bytes
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_TYPES_4 = ("f8", "f4", "i4", "i2", "u2", "u1")
_HEAD_4 = 20  # bytes, of a variable
_LONGEST_NAME, _MOST_AXES = 1 << 10, 8
_OTHER = np.dtype("V1")  # text, structures and the like


def read_mat(source: Source) -> Content:
    """The only variable that may be a cloud, or that with one of the usual names: points, pos, xyz ...

    Raises:
        InputError: not a MAT, none of these, several clouds, or data that unpack to more than the limit.
    """
    data = source.rest()
    if data.startswith(_HDF5) or data.startswith(_HDF5, 4 * _HEAD):
        from nimba.clouds.formats.hdf5 import read_hdf5  # half a second, which other files need not wait for

        source.file.seek(0)
        return read_hdf5(source)
    try:
        found = _version_5(source, data) if data[126:128] in (b"IM", b"MI") else _version_4(data)
        arrays = dict(found)
    except InputError:
        raise
    except Exception as error:  # of a damaged file, many
        raise InputError(f"{source.path}: not a readable MAT ({reason(error)}); is the file complete?") from None
    held = [Held(name, array.shape, array.dtype) for name, array in arrays.items()]
    return read_named(source.path, held, lambda name: arrays[name], "variable")


def _version_5(source: Source, data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    """The variables, from tagged elements, each of which may be packed."""
    order = "<" if data[126:128] == b"IM" else ">"
    place, size, most = _HEAD, 0, max_points() * POINT_BYTES
    while place + _TAG <= len(data):
        kind, body, place = _element(data, place, order)
        if kind == _COMPRESSED:
            unpacker = zlib.decompressobj()
            part = unpacker.decompress(body, most - size + 1)
            size += len(part)
            check_bytes(source.path, size)
            if not unpacker.eof:
                raise ValueError("a variable that breaks off")
            kind, body, _ = _element(part, 0, order)
        if kind == _MATRIX:
            yield _matrix(body, order)
    if place != len(data) and data[place:].strip(b"\0"):
        raise ValueError("it breaks off")


def _element(data: bytes, place: int, order: str) -> tuple[int, bytes, int]:
    """The type of an element, what is in it, and the place behind it."""
    if place + _TAG > len(data):
        raise ValueError("it breaks off")
    kind, size = (int(v) for v in np.frombuffer(data, order + "u4", 2, place))
    start, behind = place + _TAG, 0 if kind == _COMPRESSED else -size % 8
    if kind >> 16:  # up to four bytes, in the tag itself
        kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
        behind = 4 - size
    if start + size > len(data) or behind < 0:
        raise ValueError("it breaks off")
    return kind, data[start : start + size], min(start + size + behind, len(data))


def _matrix(data: bytes, order: str) -> tuple[str, np.ndarray]:
    """The name of a variable, and its numbers."""
    _, flags, place = _element(data, 0, order)
    _, axes, place = _element(data, place, order)
    _, name, place = _element(data, place, order)
    kind = _CLASSES.get(int(np.frombuffer(flags, order + "u4", 1)[0]) & 0xFF)
    text = name[:_LONGEST_NAME].decode("ascii", "backslashreplace")
    shape = tuple(np.frombuffer(axes, order + "i4").tolist())
    if kind is None or len(shape) > _MOST_AXES or min(shape, default=-1) < 0:
        return text, np.zeros(0, _OTHER)
    stored, numbers, _ = _element(data, place, order)
    if stored not in _TYPES or len(numbers) != math.prod(shape) * np.dtype(_TYPES[stored]).itemsize:
        raise ValueError(f"variable {text[:40]!r} has not the numbers of its shape {shape}")
    with np.errstate(invalid="raise"):  # NaN is no whole number
        # Whole numbers may be stored in fewer bytes than those of their class.
        return text, np.frombuffer(numbers, order + _TYPES[stored]).reshape(shape, order="F").astype(kind, copy=False)


def _version_4(data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    """The variables, one behind the other."""
    place = 0
    while place < len(data):
        order = "<" if data[place + 2 : place + 4] == b"\0\0" else ">"
        if place + _HEAD_4 > len(data):
            raise ValueError("it breaks off")
        kind, rows, columns, imaginary, length = np.frombuffer(data, order + "i4", 5, place).tolist()
        machine, _, stored, what = (kind // 10**i % 10 for i in (3, 2, 1, 0))
        if not (0 <= kind < 5000 and machine == (order == ">") and stored < len(_TYPES_4)) or min(rows, columns) < 0:
            raise ValueError("does not begin as one")
        if imaginary not in (0, 1) or not 0 < length <= _LONGEST_NAME:
            raise ValueError("a variable without a name")
        name = data[place + _HEAD_4 : place + _HEAD_4 + length].rstrip(b"\0").decode("ascii", "backslashreplace")
        dtype = np.dtype(order + _TYPES_4[stored])
        start = place + _HEAD_4 + length
        place = start + rows * columns * dtype.itemsize * (1 + imaginary)
        if place > len(data):
            raise ValueError(f"variable {name[:40]!r} breaks off")
        if what or imaginary:
            yield name, np.zeros(0, _OTHER)
        else:
            yield name, np.frombuffer(data, dtype, rows * columns, start).reshape((rows, columns), order="F")
