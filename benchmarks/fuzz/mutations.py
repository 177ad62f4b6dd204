"""What is done to a file: bytes, cuts, numbers of headers, counts, lines, floats, all drawn from one generator."""

import gzip
import re
import struct
from collections.abc import Callable

import numpy as np

Mutation = Callable[[bytes, np.random.Generator], bytes]

_WHOLES = (b"0", b"-1", b"1", b"3", b"255", b"65536", b"2147483647", b"4294967295", b"9223372036854775807", b"1" * 30)
_WORDS = (
    *(b"1_0", b"0,5", b"0x10", b"nan", b"inf", b"-inf", b"1e400", b"", b"+", b"1.5.2", b"\xef\xbc\x91", b"\xa0", b"\0"),
    *(
        b"../../../../etc/hostname",
        b"/dev/zero",
        b"file:///etc/hostname",
        b"http://localhost/x",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    ),
)
_FLOATS = (1e300, -1e300, 1e-300, 1e39, 1e-45, 1e20, float("nan"), float("inf"), 0.0, -0.0, 1.7976931348623157e308)
_HEAD = 800  # bytes: about a header
_NUMBER = re.compile(rb"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Other bytes in a few places."""
    changed = bytearray(data)
    for place in rng.integers(len(data), size=rng.integers(1, 17)):
        changed[place] = rng.integers(256)
    return bytes(changed)


def flip_one(data: bytes, rng: np.random.Generator) -> bytes:
    """Another byte in one place."""
    place = rng.integers(len(data))
    return data[:place] + bytes([rng.integers(256)]) + data[place + 1 :]


def flip_head(data: bytes, rng: np.random.Generator) -> bytes:
    """Other bytes in the header."""
    changed = bytearray(data)
    for place in rng.integers(min(len(data), _HEAD), size=rng.integers(1, 5)):
        changed[place] = rng.integers(256)
    return bytes(changed)


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is lost."""
    return data[: rng.integers(len(data))]


def cut_head(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is lost from somewhere in the header on."""
    return data[: rng.integers(min(len(data), _HEAD))]


def cut_out(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece is lost, or doubled."""
    start, end = np.sort(rng.integers(len(data) + 1, size=2))
    end = min(end, start + rng.integers(1, 200))
    return data[:start] + (b"" if rng.random() < 0.5 else data[start:end] * 2) + data[end:]


def lines(data: bytes, rng: np.random.Generator) -> bytes:
    """Two lines change places, or one is lost or doubled; early lines are preferred, for headers are there."""
    parts = data.split(b"\n")
    i, j = (rng.random(2) ** 2 * len(parts)).astype(int)
    kind = rng.integers(3)
    if kind == 0:
        parts[i], parts[j] = parts[j], parts[i]
    else:
        parts[i : i + 1] = [] if kind == 1 else [parts[i]] * 2
    return b"\n".join(parts)


def header_number(data: bytes, rng: np.random.Generator) -> bytes:
    """A number in the text of the header becomes another."""
    found = list(_NUMBER.finditer(data, 0, _HEAD))
    if not found:
        return word(data, rng)
    chosen = found[rng.integers(len(found))]
    whole = int(chosen[0]) if chosen[0].lstrip(b"+-").isdigit() and len(chosen[0]) < 15 else 0
    near = str(whole + int(rng.integers(-2, 3))).encode()
    number = near if rng.random() < 0.3 else _WHOLES[rng.integers(len(_WHOLES))]
    return data[: chosen.start()] + number + data[chosen.end() :]


def count(data: bytes, rng: np.random.Generator) -> bytes:
    """Four bytes become a count: small, near a limit, or huge."""
    if len(data) < 4:
        return data
    place = rng.integers(min(len(data) - 3, _HEAD if rng.random() < 0.7 else len(data)))
    value = (0, 1, 3, 255, 1 << 16, 1 << 20, 1 << 28, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)[rng.integers(10)]
    return data[:place] + struct.pack("<>"[rng.integers(2)] + "I", value) + data[place + 4 :]


def text_float(data: bytes, rng: np.random.Generator) -> bytes:
    """One number in the text, or every one, becomes huge, tiny, or none at all."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return binary_float(data, rng)
    if rng.random() < 0.1:
        factor = float(rng.choice([1e300, 1e-300, 1e38, 1e-38, 1e12]))
        return _NUMBER.sub(lambda match: repr(float(match[0]) * factor).encode(), data)
    chosen = found[rng.integers(len(found))]
    number = repr(_FLOATS[rng.integers(len(_FLOATS))]).encode()
    return data[: chosen.start()] + number + data[chosen.end() :]


def binary_float(data: bytes, rng: np.random.Generator) -> bytes:
    """Four or eight bytes become a float: huge, tiny, or none at all."""
    with np.errstate(over="ignore", under="ignore"):
        value = np.array(_FLOATS[rng.integers(len(_FLOATS))], rng.choice(["<f4", ">f4", "<f8", ">f8"])).tobytes()
    place = rng.integers(max(len(data) - len(value), 1))
    return data[:place] + value + data[place + len(value) :]


def word(data: bytes, rng: np.random.Generator) -> bytes:
    """A word of the text becomes one that no reader wants."""
    found = list(re.finditer(rb"[^\s\",;]+", data[: _HEAD if rng.random() < 0.5 else None]))
    if not found:
        return data
    chosen = found[rng.integers(len(found))]
    return data[: chosen.start()] + _WORDS[rng.integers(len(_WORDS))] + data[chosen.end() :]


MUTATIONS: tuple[Mutation, ...] = (
    *(flip, flip_one, flip_one, flip_head, cut, cut_head, cut_out, lines),
    *(header_number, count, text_float, binary_float, word),
)


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three mutations in a row."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if data:
            data = MUTATIONS[rng.integers(len(MUTATIONS))](data, rng)
    return data


def gzipped(data: bytes, rng: np.random.Generator) -> bytes:
    """The gzipped file; a third of them mutated once more."""
    packed = gzip.compress(data, mtime=0)
    return mutate(packed, rng) if rng.random() < 1 / 3 else packed
