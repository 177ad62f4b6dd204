"""The numbers of a glTF: accessors into views of buffers, each within the one that holds it."""

import base64
from typing import Any

import numpy as np

from nimba.clouds.formats.limits import check_bytes
from nimba.clouds.formats.source import Source

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def at(things: list[Any], index: Any) -> Any:
    """One of a list.

    Raises:
        ValueError: the index is no whole number, or lies outside.
    """
    if (
        not isinstance(things, list)
        or isinstance(index, bool)
        or not isinstance(index, int)
        or not 0 <= index < len(things)
    ):
        raise ValueError(f"number {str(index)[:20]} of {len(things)}")
    return things[index]


class Buffers:
    """The buffers of a document, each opened once.

    Args:
        source: the file.
        document: its JSON.
        binary: the binary chunk of a GLB.
    """

    def __init__(self, source: Source, document: dict[str, Any], binary: bytes):
        self.source, self.document, self.binary = source, document, binary
        self.opened: dict[int, bytes] = {}

    def count(self, accessor: int | None) -> int:
        """How many elements an accessor says it has; 0 for none."""
        return 0 if accessor is None else _whole(at(self.document["accessors"], accessor)["count"])

    def read(self, accessor: int, width: int) -> np.ndarray:
        """The elements of an accessor: (count, width), float64 where they are to be read as such, else whole numbers.

        Raises:
            ValueError: they are of another width, or do not lie within their view or its buffer.
        """
        told = at(self.document["accessors"], accessor)
        if "sparse" in told or "bufferView" not in told:
            raise ValueError("a sparse accessor, which is not read")
        dtype, count = np.dtype(_TYPES[told["componentType"]]), _whole(told["count"])
        if _WIDTHS.get(told["type"]) != width:
            raise ValueError(f"an accessor of {str(told['type'])[:10]}")
        view = at(self.document["bufferViews"], told["bufferView"])
        start, length = _whole(view.get("byteOffset", 0)), _whole(view["byteLength"])
        data = self._buffer(view["buffer"])
        size = dtype.itemsize * width
        step = _whole(view.get("byteStride", 0)) or size
        offset = _whole(told.get("byteOffset", 0))
        if step < size or start + length > len(data) or offset + step * (count - 1) + size > length:
            raise ValueError(f"accessor {accessor} of {count:,} lies outside of its {length:,} bytes")
        if count == 0:
            return np.empty((0, width))
        table = np.ndarray((count, width), dtype, data, start + offset, (step, dtype.itemsize))
        if width == 1:
            return table
        scale = np.iinfo(dtype).max if told.get("normalized") and dtype.kind != "f" else 1
        return np.maximum(table.astype(np.float64) / scale, -1) if scale != 1 else table.astype(np.float64)

    def _buffer(self, index: int) -> bytes:
        if index not in self.opened:
            told = at(self.document["buffers"], index)
            uri = told.get("uri")
            if uri is None:
                data = self.binary
            elif uri.startswith("data:"):
                data = base64.b64decode(uri.partition(",")[2])
            else:
                data = self.source.sibling(uri)
            if len(data) < _whole(told["byteLength"]):
                raise ValueError(f"a buffer of {len(data):,} of its {told['byteLength']:,} bytes")
            self.opened[index] = data
            check_bytes(self.source.path, sum(map(len, self.opened.values())))
        return self.opened[index]


def _whole(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"a size of {str(number)[:20]!r}")
    return number
