"""LZF, the compression in PCD files (Marc Lehmann, liblzf): runs of literal bytes, and copies of what came before."""


def decompress(data: bytes, size: int) -> bytes:
    """Unpack ``data`` to exactly ``size`` bytes; no more than those are ever held.

    A byte below 32 says how many bytes follow as they are, less one. Any other begins a copy: its upper three bits are
    the length less two (7: a byte more says how much longer), its lower five and the next byte how far back, less one.

    Raises:
        ValueError: the data end within a run, a copy begins before the output, or the output has another size.
    """
    out = bytearray()
    place, end = 0, len(data)
    try:
        while place < end and len(out) <= size:
            head = data[place]
            place += 1
            if head < 32:
                out += data[place : place + head + 1]
                place += head + 1
                continue
            length = head >> 5
            if length == 7:
                length += data[place]
                place += 1
            length += 2
            start = len(out) - ((head & 31) << 8) - data[place] - 1
            place += 1
            if start < 0:
                raise ValueError("a copy of what is not there")
            piece = out[start : start + length]
            # A copy may reach into what it writes itself: then it repeats.
            out += piece if len(piece) == length else (piece * (length // len(piece) + 1))[:length]
    except IndexError:
        raise ValueError("they break off") from None
    if place > end or len(out) != size:
        raise ValueError(f"{len(out):,} bytes in place of {size:,}")
    return bytes(out)
