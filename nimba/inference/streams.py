"""A cloud from a stream, such as standard input: its format is told by whoever gives it, or by its first bytes."""

import tempfile
import zlib
from pathlib import Path
from typing import Any

from nimba.clouds.formats.limits import POINT_BYTES, check_bytes, max_points
from nimba.clouds.formats.registry import GZIP, SUFFIXES
from nimba.clouds.read import Reading, read
from nimba.runtime.errors import InputError, about

_HEAD = 4096  # bytes that a format is recognised by
_GZIPPED = b"\x1f\x8b"
_BEGINS = {
    b"ply": ".ply",
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".npz",
    b"glTF": ".glb",
    b"LASF": ".las",
    b"\x89HDF\r\n\x1a\n": ".h5",
    b"# .PCD": ".pcd",
    b"ASTM-E57": ".e57",
    b"# vtk": ".vtk",
    b"MATLAB 5.0": ".mat",
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"\xff\xff\xff\xff": ".arrow",  # a stream of Arrow's
    b"{": ".gltf",
}
_PTX = [1, 1, 3, 3, 3, 3, 4, 4, 4, 4]  # words a line: columns, rows, where the scanner stood, and a matrix
_OFF = {prefix + b"OFF" for prefix in (b"", b"C", b"N", b"CN", b"ST", b"4", b"n")}


def read_stream(stream: Any, where: str, format: str | None = None) -> Reading:
    """Read the cloud that a binary stream holds, from where it stands to its end.

    Args:
        stream: has ``read``.
        where: what it is called in errors.
        format: extension of the format, such as "ply" or "xyz.gz"; None to recognise it.

    Raises:
        InputError: nothing in it, a format that is not known, or what ``nimba.clouds.read`` raises.
    """
    data = stream.read(max_points() * POINT_BYTES + 1)
    if not isinstance(data, bytes):
        raise InputError(f"{where}: gives text; open it in binary mode")
    if not data:
        raise InputError(f"{where}: holds nothing; pipe a cloud into it")
    check_bytes(Path(where), len(data))
    suffix = suffix_of(format) if format else recognised(data)
    if suffix is None:
        raise InputError(f"{where}: cannot tell its format; say it, one of {_formats()}")
    with tempfile.TemporaryDirectory(prefix="nimba-") as folder:
        path = Path(folder) / f"stream{suffix}"
        path.write_bytes(data)
        try:
            return read(path)
        except InputError as error:
            raise InputError(f"{where}: {about(error, path).replace(str(path), where)}") from None


def recognised(data: bytes) -> str | None:
    """The extension that the first bytes speak for, gzipped or not; None where they could be anything."""
    if data.startswith(_GZIPPED):
        try:
            inner = recognised(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _HEAD))
        except zlib.error:
            return None
        return None if inner is None else inner + GZIP
    suffix = next((suffix for begin, suffix in _BEGINS.items() if data.startswith(begin)), None) or _by_its_lines(data)
    return suffix if suffix in SUFFIXES else None


def _by_its_lines(data: bytes) -> str | None:
    """Formats that have no mark at their start."""
    if _is_binary_stl(data):
        return ".stl"
    if _is_old_mat(data):
        return ".mat"
    head = data[:_HEAD]
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in head and not utf16:
        return None
    lines = [line.split() for line in head.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    first = {words[0] for words in lines}
    if not lines or utf16:
        return ".xyz" if lines else None
    if [len(words) for words in lines[:10]] == _PTX:
        return ".ptx"
    if lines[0][0] in _OFF or lines[0][0].startswith(b"OFF"):
        return ".off"
    if lines[0][0] == b"solid":
        return ".stl"
    if lines[0][0] == b"VERSION":
        return ".pcd"
    return ".obj" if b"v" in first else ".xyz"


def _is_binary_stl(data: bytes) -> bool:
    return len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(data[80:84], "little")


def _is_old_mat(data: bytes) -> bool:
    """MATLAB 4: no mark, but five small numbers and a name."""
    kind, rows, columns, imaginary, length = (int.from_bytes(data[at : at + 4], "little") for at in range(0, 20, 4))
    name = data[20 : 20 + length]
    named = 1 < length < 64 and len(name) == length and name[-1] == 0 and name[:-1].isascii()
    return named and name[:-1].decode("ascii").isidentifier() and kind < 100 and imaginary < 2 and rows * columns > 0


def suffix_of(format: str) -> str:
    """The extension of a format that is told as "ply", ".ply" or "xyz.gz".

    Raises:
        InputError: naming those that there are.
    """
    suffix = f".{format.lower().removeprefix('.')}"
    if suffix.removesuffix(GZIP) not in SUFFIXES:
        raise InputError(f"format: {format!r} is not one of {_formats()}")
    return suffix


def _formats() -> str:
    return ", ".join(suffix[1:] for suffix in SUFFIXES)
