"""NPY: one array of numpy."""

import math
from typing import IO

import numpy as np
from numpy.lib import format as npy_format

from nimba.clouds.formats.arrays import as_points
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError


def read_npy(source: Source) -> Content:
    """An (N, >= 3) array, or one like it: (1, N, 3), (3, N), or with fields x, y and z."""
    return as_points(source.path, read_array(source, source.file, source.left))


def read_array(source: Source, file: IO[bytes], size: int) -> np.ndarray:
    """The array at the place that a file of ``size`` bytes is read at; its header is checked against them first.

    Raises:
        InputError: no array, one of objects, or one that says it is larger than the file or the limit.
    """
    start = file.tell()
    shape, dtype = read_array_header(source, file, size)
    if dtype.hasobject or dtype.itemsize == 0 or any(length < 0 for length in shape):
        raise InputError(f"{source.path}: an array of {dtype} {shape}; a cloud is (N, 3) numbers")
    needed, there = math.prod(shape) * dtype.itemsize, size - (file.tell() - start)
    if needed > there:
        raise InputError(
            f"{source.path}: says {shape} of {dtype}, but holds {there:,} of its {needed:,} bytes; is it complete?"
        )
    check_bytes(source.path, needed)
    file.seek(start)
    try:
        return npy_format.read_array(file, allow_pickle=False)
    except Exception as error:  # of the zip archive that it may lie in
        raise InputError(f"{source.path}: not a readable NumPy array ({reason(error)}); is it complete?") from None


def read_array_header(source: Source, file: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and type of an array, from its header.

    Raises:
        InputError: no array of numpy's.
    """
    start = file.tell()
    try:
        version = npy_format.read_magic(file)
        _check_header(file, version, size - (file.tell() - start))
        read_header = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    except Exception as error:  # of a header that is a Python expression, many
        raise InputError(
            f"{source.path}: not a readable NumPy array ({reason(error)}); write it with numpy.save"
        ) from None
    return shape, dtype


def _check_header(file: IO[bytes], version: tuple[int, int], left: int) -> None:
    """Refuse a header that says it is longer than the file: numpy would ask for that much memory to read it into."""
    place, width = file.tell(), 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(width), "little")
    file.seek(place)
    if length > left:
        raise ValueError(f"its header says it has {length:,} bytes")
