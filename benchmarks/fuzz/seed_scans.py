"""Sound files of scanners, drawn by code: E57, PTX."""

import struct

import numpy as np

from benchmarks.fuzz.seed_meshes import POINTS, Seeds
from nimba.clouds.formats.e57_pages import HEAD, checksums

_PAGE, _CONTENT = 1024, 1020
_POSE = (
    '<pose type="Structure"><rotation type="Structure"><w type="Float">0.8</w><x type="Float"/><y type="Float"/>'
    '<z type="Float">0.6</z></rotation><translation type="Structure"><x type="Float">10</x><y type="Float">-5</y>'
    '<z type="Float">2.5</z></translation></pose>'
)
_FLOATS = "".join(f'<cartesian{axis} type="Float" precision="single"/>' for axis in "XYZ")
_WHOLE = "".join(
    f'<cartesian{axis} type="ScaledInteger" minimum="-500000" maximum="500000" scale="1e-5"/>' for axis in "XYZ"
)
_STATE = '<cartesianInvalidState type="Integer" minimum="0" maximum="2"/>'
_SPHERE = "".join(f'<spherical{name} type="Float"/>' for name in ("Range", "Azimuth", "Elevation"))


def e57() -> Seeds:
    """Floats; packed whole numbers with a state; two scans with poses, one of them in spherical coordinates."""
    floats = [column.tobytes() for column in POINTS.T]
    whole = [packed(np.round(column * 1e5).astype(np.int64) + 500_000, 20) for column in POINTS.T.astype(np.float64)]
    state = packed(np.arange(len(POINTS)) % 5 // 4 * 2, 2)
    x, y, z = POINTS.T.astype("<f8")
    away = np.sqrt(x * x + y * y + z * z)
    sphere = [column.tobytes() for column in (away, np.arctan2(y, x), np.arcsin(z / away))]
    return [
        (".e57", e57_bytes([(_FLOATS, floats, "")])),
        (".e57", e57_bytes([(_WHOLE + _STATE, [*whole, state], _POSE)])),
        (".e57", e57_bytes([(_FLOATS, floats, _POSE), (_SPHERE, sphere, "")])),
    ]


def e57_bytes(scans: list[tuple[str, list[bytes], str]], count: int = len(POINTS)) -> bytes:
    """An E57 of scans, each with its columns in XML, their streams, and its pose in XML."""
    body, places = b"", []
    for _, streams, _ in scans:
        start = HEAD + len(body)
        packets = b""
        for i in range(0, max(map(len, streams)), 100):  # short ones, so that there are several
            parts = [stream[i : i + 100] for stream in streams]
            packet = struct.pack("<H", len(parts)) + struct.pack(f"<{len(parts)}H", *map(len, parts)) + b"".join(parts)
            packet += bytes(-len(packet) % 4)
            packets += struct.pack("<BBH", 1, 0, len(packet) + 3) + packet
        body += struct.pack("<B7xQQQ", 1, 32 + len(packets), _physical(start + 32), 0) + packets
        places.append(_physical(start))
    text = "".join(
        f'<vectorChild type="Structure">{pose}<points type="CompressedVector" fileOffset="{place}" '
        f'recordCount="{count}"><prototype type="Structure">{prototype}</prototype></points></vectorChild>'
        for (prototype, _, pose), place in zip(scans, places, strict=True)
    )
    namespace = "http://www.astm.org/COMMIT/E57/2010-e57-v1.0"
    text = f'<?xml version="1.0"?><e57Root xmlns="{namespace}"><data3D type="Vector">{text}</data3D></e57Root>'
    body += bytes(-len(body) % 4)
    place = _physical(HEAD + len(body))
    body += text.encode()
    body += bytes(-(HEAD + len(body)) % _CONTENT)
    pages = (HEAD + len(body)) // _CONTENT
    head = b"ASTM-E57" + struct.pack("<2I4Q", 1, 0, pages * _PAGE, place, len(text), _PAGE)
    contents = np.frombuffer(head + body, np.uint8).reshape(-1, _CONTENT)
    return with_checksums(np.pad(contents, ((0, 0), (0, 4))).tobytes())


def with_checksums(data: bytes) -> bytes:
    """The pages of an E57 with the checksums that they should have."""
    whole = len(data) // _PAGE * _PAGE
    pages = np.frombuffer(data, np.uint8)[:whole].reshape(-1, _PAGE).copy()
    pages[:, _CONTENT:] = checksums(pages[:, :_CONTENT]).astype(">u4").view(np.uint8).reshape(-1, 4)
    return pages.tobytes() + data[whole:]


def _physical(place: int) -> int:
    return place // _CONTENT * _PAGE + place % _CONTENT


def packed(values: np.ndarray, bits: int) -> bytes:
    """Whole numbers of so many bits, one behind the other."""
    return np.packbits((values[:, None] >> np.arange(bits)) & 1, bitorder="little").tobytes()


def ptx() -> Seeds:
    """Two scans, one of them moved, with rows of zeros where nothing was seen."""

    def scan(matrix: str, points: np.ndarray) -> str:
        seen = "".join(f"{x:.5f} {y:.5f} {z:.5f} 0.5 10 20 30\n" for x, y, z in points)
        pose = "0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
        return f"{len(points) + 10}\n1\n{pose}{matrix}" + seen + "0 0 0 0.5 0 0 0\n" * 10

    still = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
    moved = "0 1 0 0\n-1 0 0 0\n0 0 1 0\n500000.5 5400000.25 100 1\n"
    plain = scan(still, POINTS).replace(" 10 20 30\n", "\n").replace(" 0 0 0\n", "\n", 10)
    return [(".ptx", plain.encode()), (".ptx", (scan(moved, POINTS) + scan(moved, POINTS + 1)).encode())]
