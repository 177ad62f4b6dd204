"""The points of a scan in an E57: columns of numbers, each a stream of bits that is spread over packets."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from nimba.clouds.formats.e57_pages import Pages

_SECTION, _PACKET = 32, 6  # bytes of their heads
_DATA, _KINDS = 1, (0, 1, 2)  # of packets: an index, data, nothing
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_MOST_PACKETS = 1 << 20
_WINDOW = 57  # bits that eight bytes hold from any bit of the first one on


@dataclass(frozen=True)
class Column:
    """A number of every point: whole and packed in as few bits as its range needs, or a float.

    Args:
        bits: of each.
        least: what to add to a whole one.
        scale: what to multiply the sum with; None where it is to stay whole.
        offset: what to add then.
        is_float: whether it is a float of 32 or 64 bits.
    """

    bits: int
    least: int = 0
    scale: float | None = None
    offset: float = 0.0
    is_float: bool = False

    def numbers(self, stream: bytes, count: int) -> np.ndarray:
        """The first ``count`` numbers of a stream that is long enough."""
        if self.is_float:
            return np.frombuffer(stream, f"<f{self.bits // 8}", count)
        whole = unpack(stream, count, self.bits) + np.uint64(self.least % (1 << 64))  # wraps around, as it has to
        signed = whole.view(np.int64)
        return signed if self.scale is None else signed * self.scale + self.offset


def column_of(element: Element) -> Column:
    """A column as the document describes it.

    Raises:
        ValueError: it contradicts itself, or is no number.
    """
    kind, given = element.get("type"), element.attrib
    if kind == "Float":
        return Column(32 if given.get("precision") == "single" else 64, is_float=True)
    if kind not in ("Integer", "ScaledInteger"):
        raise ValueError(f"a column of type {str(kind)[:20]!r}")
    least, most = int(given.get("minimum", _LEAST)), int(given.get("maximum", _MOST))
    if not _LEAST <= least <= most <= _MOST:
        raise ValueError(f"a column from {least} to {most}")
    scaled = kind == "ScaledInteger"
    scale, offset = (float(given.get(key, default)) for key, default in (("scale", 1), ("offset", 0)))
    return Column((most - least).bit_length(), least, scale if scaled else None, offset)


def read_streams(pages: Pages, place: int, needed: dict[int, int], columns: int) -> dict[int, bytes]:
    """The streams of some columns, from a section of packets.

    Args:
        pages: of the file.
        place: of the section, in the file.
        needed: the numbers of the columns, and how many bytes of each.
        columns: how many there are in all.

    Raises:
        ValueError: no such section, or it ends before they do.
    """
    head = pages.take(place, _SECTION)
    if head[0] != _DATA:
        raise ValueError(f"no points at byte {place:,}")
    start = pages.logical(int.from_bytes(head[16:24], "little"))
    parts: dict[int, list[bytes]] = {number: [] for number in needed}
    left, data = dict(needed), pages.data
    for _ in range(_MOST_PACKETS):
        if all(size <= 0 for size in left.values()):
            return {number: b"".join(parts[number]) for number in needed}
        kind, size = data[start : start + 1], int.from_bytes(data[start + 2 : start + 4], "little") + 1
        if start + size > len(data) or not kind or kind[0] not in _KINDS or size < _PACKET - 2:
            break
        if kind[0] == _DATA:
            at = start + _PACKET + 2 * columns
            if int.from_bytes(data[start + 4 : start + _PACKET], "little") != columns:
                raise ValueError("a packet that has not all columns")
            for number, length in enumerate(np.frombuffer(data, "<u2", columns, start + _PACKET).tolist()):
                if number in left and left[number] > 0:
                    parts[number].append(data[at : at + length])
                    left[number] -= length
                at += length
            if at > start + size:
                raise ValueError("a packet that is longer than it says")
        start += size
    raise ValueError("its points break off")


def unpack(stream: bytes, count: int, bits: int) -> np.ndarray:
    """Numbers of so many bits each, one behind the other from the lowest bit on: (count,) uint64."""
    if bits == 0:
        return np.zeros(count, np.uint64)
    return _window(stream, count, bits, 0, min(bits, 32)) | _window(stream, count, bits, 32, bits - 32) << np.uint64(32)


def _window(stream: bytes, count: int, step: int, first: int, bits: int) -> np.ndarray:
    """``bits`` bits from bit ``first`` on of numbers of ``step`` bits: (count,) uint64."""
    if bits <= 0:
        return np.zeros(count, np.uint64)
    assert bits <= _WINDOW
    padded = stream + bytes(8)
    place = np.arange(count, dtype=np.int64) * step + first
    words = np.ndarray(len(padded) - 7, "<u8", padded, 0, (1,))  # eight bytes from any byte on
    return words[place >> 3] >> (place & 7).astype(np.uint64) & np.uint64((1 << bits) - 1)
