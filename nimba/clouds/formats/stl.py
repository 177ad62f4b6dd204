"""STL: triangles, binary or as text.

Text is counted here and its numbers read by pandas, for trimesh 5.2 takes a vertex of two numbers and a next one of
four for two of three; binary files are an array of numpy's.
"""

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_HEAD = 84  # bytes: 80 of any text (some begin with "solid", as text does), 4 of the number of triangles
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_WORDS = ("solid", "facet", "outer", "vertex", "endloop", "endfacet", "endsolid")


def read_stl(source: Source) -> Content:
    """Triangles with corners of their own.

    Raises:
        InputError: neither as long as the number of its triangles says nor text; text that breaks off.
    """
    data = source.rest()
    count = int.from_bytes(data[_HEAD - 4 : _HEAD], "little")
    if len(data) == _HEAD + count * _TRIANGLE.itemsize:
        check_count(source.path, count, "triangles")
        corners = np.frombuffer(data, _TRIANGLE, count, _HEAD)["corners"].reshape(-1, 3)  # (3 T, 3)
        return Content(corners, _in_threes(len(corners)), declared=3 * count)
    if data[:512].lstrip()[:5].lower() == b"solid" and b"\0" not in data:
        return _text(source, data)
    raise InputError(
        f"{source.path}: its {len(data):,} bytes are not those of {count:,} triangles; is the file complete?"
    )


def _text(source: Source, data: bytes) -> Content:
    lines = [line.strip() for line in data.splitlines()]
    words = [line[:8].split(None, 1)[0].decode("ascii", "replace").lower() if line else "" for line in lines]
    number = dict.fromkeys(_WORDS, 0)
    for i, word in enumerate(words, 1):
        if word not in number and word:
            raise InputError(f"{source.path}: not a readable STL (line {i}: {word!r}); is the file complete?")
        number[word] = number.get(word, 0) + 1
    facets = number["facet"]
    promised = {
        "outer": facets,
        "endloop": facets,
        "endfacet": facets,
        "vertex": 3 * facets,
        "endsolid": number["solid"],
    }
    if any(number[word] != count for word, count in promised.items()):
        there = ", ".join(f"{number[word]:,} {word}" for word in _WORDS)
        raise InputError(f"{source.path}: not a readable STL ({there}); is the file complete?")
    text = b"\n".join(line[6:] if word == "vertex" else b"" for line, word in zip(lines, words, strict=True))
    corners = read_rows(source.path, text, range(3), what="a vertex of three numbers")
    return Content(corners, _in_threes(len(corners)), declared=3 * facets)


def _in_threes(corners: int) -> np.ndarray:
    return np.arange(corners).reshape(-1, 3)
