"""HDF5: data sets by name, none of which may lie in another file."""

import math
import os
from pathlib import Path

import h5py
import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.npy import as_points
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_NAMES = ("points", "pos", "xyz", "coords", "coord", "data")  # of data sets that hold points, first come first served
_PACKED = 16  # by how much compression makes a file of points smaller, at the most; what grows more is bounded


def read_hdf5(source: Source) -> Content:
    """The data set named points, pos, xyz, coords, coord or data, or the only one: (N, >= 3), or one such cloud.

    Raises:
        InputError: none of these, several clouds, data that lie in another file or unpack to more than the limit.
    """
    try:
        with h5py.File(source.file, "r") as file:
            names = list(file)  # to ask for one by name would open the file that a link leads to
            name = next((name for name in _NAMES if name in names), None)
            if name is None and len(names) != 1:
                held = ", ".join(names[:10])[:200] or "nothing"
                raise InputError(f"{source.path}: holds {held!r}; name the points' data set {_NAMES[0]!r}")
            return as_points(source, read_dataset(source.path, file, name or names[0], source.size))
    except InputError:
        raise
    except Exception as error:  # a damaged file raises whatever it led the library to
        raise InputError(f"{source.path}: not a readable HDF5 file ({reason(error)}); is it complete?") from None


def read_dataset(path: Path, file: h5py.File, name: str, size: int | None = None) -> np.ndarray:
    """A data set as an array.

    Args:
        path: for errors.
        file: open.
        name: of a data set at its top.
        size: of the file, in bytes; asked for where it is not given.

    Raises:
        InputError: no data set of the name, one that lies in another file or is reached by a soft link, one of other
            things than numbers and text, or one that unpacks to more than the limit.
        Exception: whatever a damaged file leads the library to.
    """
    dataset = open_dataset(path, file, name)
    size = os.stat(path).st_size if size is None else size
    unpacked = max(math.prod(shape) * dataset.dtype.itemsize for shape in (dataset.shape, dataset.chunks or ()))
    if unpacked > _PACKED * size:
        check_bytes(path, unpacked)
    return np.asarray(dataset[...])


def open_dataset(path: Path, file: h5py.File, name: str) -> h5py.Dataset:
    """A data set of the file itself.

    Raises:
        InputError: no data set of the name, or one that lies in another file or is reached by a soft link.
        Exception: whatever a damaged file leads the library to.
    """
    link = file.get(name, getlink=True)
    if link is None:
        raise InputError(f"{path}: no dataset {name!r} in it")
    if not isinstance(link, h5py.HardLink):
        raise InputError(f"{path}: {name!r} is a link to elsewhere, which is not followed; copy the data into the file")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise InputError(f"{path}: {name!r} is no data set")
    if dataset.external or dataset.is_virtual:
        raise InputError(f"{path}: {name!r} lies in another file, which is not opened; copy the data into this one")
    return dataset
