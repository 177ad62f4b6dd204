"""What a checkpoint's file holds, found out before torch reads it: nothing is built, and no tensor is read.

A checkpoint is a zip archive: ``data.pkl`` with the structure, and one file for each storage. torch's own safe reading
runs no foreign code, but it takes whatever memory a file asks for, and its complaints tell users to read unsafely.
"""

import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

from nimba.runtime.errors import InputError

MAX_STRUCTURE = 1 << 26  # bytes of data.pkl: a run of 300 epochs of nimba_base has one of 400 kB
MAX_VALUES = 2_000_000  # in the structure, each counted as often as it is referred to
MAX_DEPTH = 64  # of dicts in dicts
_MAX_INTEGER = 1 << 63
_PROTOCOL = 2  # that torch.save writes: later ones allocate what they are told to
_ITEM_SIZES = {
    **dict.fromkeys(("DoubleStorage", "LongStorage"), 8),
    **dict.fromkeys(("FloatStorage", "IntStorage"), 4),
    **dict.fromkeys(("HalfStorage", "BFloat16Storage", "ShortStorage"), 2),
    **dict.fromkeys(("CharStorage", "ByteStorage", "BoolStorage"), 1),
}


def check_checkpoint(path: Path) -> None:
    """Refuse a checkpoint that holds anything but tensors and plain values, or asks for more memory than it brings.

    Raises:
        InputError: naming ``path`` and what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            structure, storages = _files(archive, path.stat().st_size)
        outline = _Outline(structure, storages).read()
        _check_values(outline, 4 * path.stat().st_size)  # weights may be named twice: as they are, and averaged
    except InputError as error:
        raise InputError(f"{path}: not a checkpoint to trust: {error}; was it written by train.py?") from None
    except zipfile.BadZipFile:
        raise InputError(f"{path}: not a checkpoint, or cut short; give a .ckpt file that train.py wrote") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception:  # of the unpickler's: whatever the damage led to
        raise InputError(f"{path}: a damaged checkpoint; copy it anew, or resume from another one") from None


def _files(archive: zipfile.ZipFile, size: int) -> tuple[bytes, dict[str, int]]:
    """The structure, and the bytes of each storage by its key."""
    entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError("it is compressed, which torch does not do")
    if sum(entry.file_size for entry in entries) > size:
        raise InputError("its parts are larger than the file")
    folders = {entry.filename.partition("/")[0] for entry in entries}
    if len(folders) != 1 or len({entry.filename.lower() for entry in entries}) != len(entries):
        raise InputError("its archive names a part twice")
    folder = folders.pop()
    sizes = {entry.filename.removeprefix(f"{folder}/"): entry.file_size for entry in entries}
    if sizes.get("data.pkl", MAX_STRUCTURE + 1) > MAX_STRUCTURE:
        raise InputError("it has no data.pkl, or one of more than 64 MiB")
    prefix = "data/"
    storages = {name.removeprefix(prefix): size for name, size in sizes.items() if name.startswith(prefix)}
    return archive.read(f"{folder}/data.pkl"), storages


@dataclass(frozen=True)
class _StorageType:
    item_size: int  # bytes


@dataclass(frozen=True)
class _Storage:
    items: int
    item_size: int


@dataclass(frozen=True)
class _Tensor:
    bytes: int


class _Outline(pickle.Unpickler):
    """Unpickles stand-ins: no name in the file leads to anything but the three functions here."""

    def __init__(self, structure: bytes, storages: dict[str, int]):
        super().__init__(BytesIO(structure))
        self.structure = structure
        self.storages = storages

    def read(self) -> Any:
        """The structure with stand-ins for its tensors."""
        for operation, argument, _ in pickletools.genops(self.structure):
            if operation.proto > _PROTOCOL:
                raise InputError(f"it is pickled by another protocol than torch's ({operation.name})")
            if "PUT" in operation.name and int(argument or 0) > len(self.structure):
                raise InputError("its pickle asks for more memory than it brings")
        return self.load()

    def find_class(self, module: str, name: str) -> Callable[..., Any] | _StorageType:
        """A stand-in for what torch would call."""
        if module == "torch" and name in _ITEM_SIZES:
            return _StorageType(_ITEM_SIZES[name])
        known: dict[str, Callable[..., Any]] = {
            "collections.OrderedDict": _empty,
            "torch._utils._rebuild_tensor_v2": _tensor,
            "torch._utils._rebuild_parameter": lambda data, *_: data,
        }
        if f"{module}.{name}" not in known:
            raise InputError(f"it names {module}.{name}, which is neither a tensor nor a plain value")
        return known[f"{module}.{name}"]

    def persistent_load(self, identity: Any) -> _Storage:
        """A stand-in for a storage, if the archive holds it whole."""
        _, kind, key, _, items = identity
        if not 0 <= items * kind.item_size <= self.storages.get(key, -1):
            raise InputError("a tensor is larger than what the file holds of it")
        return _Storage(items, kind.item_size)


def _empty() -> dict:
    return OrderedDict()


def _tensor(storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Tensor:
    count = prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    within = not count or last < storage.items
    if min((offset, *size, *stride)) < 0 or count > storage.items or not within:
        raise InputError("a tensor is larger than what the file holds of it")
    return _Tensor(count * storage.item_size)


def _check_values(outline: Any, most_bytes: int) -> None:
    """Refuse types that a checkpoint has no use for, and structures that grow when they are walked through."""
    waiting, seen, taken = [(outline, 0)], 0, 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            parts = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            parts = list(value)
        else:
            parts = []
            if isinstance(value, _Tensor):
                taken += value.bytes
            elif not isinstance(value, str | bool | float | int | None):
                raise InputError(f"it holds a {type(value).__name__}")
            elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
                raise InputError("it holds a number of more than 64 bits")
        if depth > MAX_DEPTH or seen + len(waiting) + len(parts) > MAX_VALUES:
            raise InputError("its structure refers to itself, or has more than two million values")
        if taken > most_bytes:
            raise InputError("its tensors share memory, and would be far larger than the file")
        waiting += [(part, depth + 1) for part in parts]
