"""HDF5: data sets by name, none of which may lie in another file."""

import math
import os
from pathlib import Path

import h5py
import numpy as np

from nimba.clouds.formats.arrays import NAMES, Held, read_named
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_HARD = h5py.HardLink
_MATLAB = "MATLAB_class"  # an attribute of MATLAB's arrays, which stand there the other way round
_PACKED = 16  # by how much compression makes a file of points smaller, at the most; what grows more is bounded
_DEEPEST, _MOST = 4, 1000  # groups within groups, and data sets, that are looked at


def read_hdf5(source: Source) -> Content:
    """The only data set that may be a cloud, or that with one of the usual names: points, pos, xyz ...

    Raises:
        InputError: none of these, several clouds, data that lie in another file or unpack to more than the limit.
    """
    try:
        with h5py.File(source.file, "r") as file:
            held = _held(file)
            if not held:
                linked = [name for name in file if not isinstance(file.get(name, getlink=True), _HARD)]
                if linked:
                    open_dataset(source.path, file, min(linked, key=lambda name: name.lower() not in NAMES))

            def load(name: str) -> np.ndarray:
                array = read_dataset(source.path, file, name, source.size)
                return array.T if _MATLAB in file[name].attrs else array

            return read_named(source.path, held, load, "data set")
    except InputError:
        raise
    except Exception as error:  # a damaged file raises whatever it led the library to
        raise InputError(f"{source.path}: not a readable HDF5 file ({reason(error)}); is it complete?") from None


def _held(group: h5py.Group, prefix: str = "", depth: int = 1) -> list[Held]:
    """The data sets of a group and of those in it; to ask for a link would open the file that it leads to."""
    held: list[Held] = []
    for name in group:
        if not isinstance(group.get(name, getlink=True), _HARD) or name.startswith("#"):  # MATLAB's own
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            held.append(Held(prefix + name, item.shape[:: -1 if _MATLAB in item.attrs else 1], item.dtype))
        elif isinstance(item, h5py.Group) and depth < _DEEPEST:
            held += _held(item, f"{prefix}{name}/", depth + 1)
        if len(held) > _MOST:
            break
    return held


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
