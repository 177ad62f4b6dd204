"""The pages of an E57: each ends in a checksum, which is checked and taken out."""

from functools import cache

import numpy as np

from nimba.clouds.formats.source import Source

HEAD = 48  # bytes
_SUM = 4  # bytes of a checksum
_BLOCK = 1 << 12  # pages that are checked at once
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, its bits the other way round
_WORD = 1 << 16


class Pages:
    """What is in the pages, one after the other.

    Places in the file count the checksums too ("physical" in the standard); ``logical`` takes them out.

    Args:
        source: at its start.

    Raises:
        ValueError: no E57, one that breaks off, or a page whose checksum is wrong.
    """

    def __init__(self, source: Source):
        data = source.rest()
        if data[:8] != b"ASTM-E57" or len(data) < HEAD:
            raise ValueError("does not begin as one")
        size, self.xml_place, self.xml_size, self.page = (
            int.from_bytes(data[i : i + 8], "little") for i in range(16, HEAD, 8)
        )
        if size != len(data):
            raise ValueError(f"says {size:,} bytes, holds {len(data):,}")
        if not (HEAD + _SUM <= self.page <= 1 << 20 and self.page % 4 == 0) or size % self.page:
            raise ValueError(f"pages of {self.page:,} bytes in {size:,}")
        pages = np.frombuffer(data, np.uint8).reshape(-1, self.page)  # (P, page)
        for start in range(0, len(pages), _BLOCK):
            _check(pages[start : start + _BLOCK], start)
        self.data = pages[:, :-_SUM].tobytes()

    def logical(self, place: int) -> int:
        """A place in the file, as a place in ``data``.

        Raises:
            ValueError: it lies in no page, or in a checksum.
        """
        number, within = divmod(place, self.page)
        logical = number * (self.page - _SUM) + within
        if within >= self.page - _SUM or logical >= len(self.data):
            raise ValueError(f"refers to byte {place:,}")
        return logical

    def take(self, place: int, size: int) -> bytes:
        """Bytes from a place in the file on.

        Raises:
            ValueError: they are not all there.
        """
        start = self.logical(place)
        if start + size > len(self.data):
            raise ValueError(f"refers to {size:,} bytes from {place:,} on")
        return self.data[start : start + size]


def checksums(contents: np.ndarray) -> np.ndarray:
    """CRC-32C of pages without theirs, (P, bytes) uint8: (P,) uint32. Two bytes of every page are taken at a time."""
    words = np.ascontiguousarray(contents).view("<u2").T.copy()  # (words of a page, P)
    found, table = np.full(len(contents), 0xFFFFFFFF, np.uint32), _table()
    for word in words:
        found = table[(found ^ word) & np.uint32(_WORD - 1)] ^ (found >> np.uint32(16))
    return ~found


def _check(pages: np.ndarray, first: int) -> None:
    """Compare the checksums of pages (P, page)."""
    told = np.ascontiguousarray(pages[:, -_SUM:]).view(">u4")[:, 0]
    wrong = np.flatnonzero(checksums(pages[:, :-_SUM]) != told)
    if len(wrong):
        raise ValueError(f"page {first + wrong[0]:,} is damaged")


@cache
def _table() -> np.ndarray:
    """What every two bytes do to the checksum: (65536,) uint32."""
    table = np.arange(_WORD, dtype=np.uint32)
    for _ in range(16):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table
