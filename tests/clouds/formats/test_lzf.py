import numpy as np
import pytest

from nimba.clouds.formats.lzf import decompress


def compress(data: bytes, rng: np.random.Generator) -> bytes:
    """A poor LZF: literals of any length, and copies of whatever came before, overlapping ones too."""
    out, place = bytearray(), 0
    while place < len(data):
        copies = []
        for distance in rng.integers(1, min(place, 8192) + 1, size=4) if place else []:
            length = 0
            while (
                length < 264 and place + length < len(data) and data[place + length] == data[place - distance + length]
            ):
                length += 1
            copies.append((length, int(distance)))
        length, distance = max(copies, default=(0, 0))
        if length >= 3:
            head, back = length - 2, distance - 1
            out += (
                bytes([min(head, 7) << 5 | back >> 8]) + (bytes([head - 7]) if head >= 7 else b"") + bytes([back & 255])
            )
        else:
            length = min(int(rng.integers(1, 33)), len(data) - place)
            out += bytes([length - 1]) + data[place : place + length]
        place += length
    return bytes(out)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("symbols", [1, 2, 256])
def test_what_was_packed_comes_back(seed, symbols):
    rng = np.random.default_rng(seed)
    data = rng.integers(symbols, size=rng.integers(1, 5000), dtype=np.uint8).tobytes()
    packed = compress(data, rng)
    assert decompress(packed, len(data)) == data
    for cut in (1, len(packed) // 2):
        with pytest.raises(ValueError, match=r"bytes in place|break off"):
            decompress(packed[:-cut], len(data))


def test_a_copy_repeats_what_it_writes_itself():
    assert decompress(b"\x01ab" + bytes([5 << 5, 1]), 9) == b"ababababa"


@pytest.mark.parametrize("data", [b"\x20\x00", b"\x00a\xff\xff\xff", b"\x1fab"])
def test_what_is_not_there_is_not_copied(data):
    with pytest.raises(ValueError, match=r"not there|in place of"):
        decompress(data, 10)


def test_no_more_is_unpacked_than_is_wanted():
    bomb = b"\x00a" + b"\xe0\xff\x00" * 100_000  # 26 MB
    with pytest.raises(ValueError, match=r"in place of 100"):
        decompress(bomb, 100)
