"""Sound meshes of every format, drawn by code, and the shapes that all seeds are made of."""

import base64
import json
import struct

import numpy as np

Seeds = list[tuple[str, bytes]]  # a suffix and a file

POINTS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
BESIDE = "beside.bin"
"""What a glTF of the seeds refers to."""
CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)  # (8, 3)
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
FACES = [*QUADS[:4], *(face for a, b, c, d in QUADS[4:] for face in ((a, b, c), (a, c, d)))]  # quads and triangles
TRIANGLES = np.array([face for a, b, c, d in QUADS for face in ((a, b, c), (a, c, d))])  # (12, 3)


def rows(points: np.ndarray, separator: str = " ", extra: str = "", form: str = ".6g") -> str:
    """Points in text, a line each."""
    return "".join(separator.join(f"{value:{form}}" for value in row) + extra + "\n" for row in points)


def off() -> Seeds:
    """OFF with its header in one line and in two, and with colours."""
    faces = "".join(f"{len(face)} {' '.join(map(str, face))}\n" for face in FACES)
    body = f"{len(CUBE)} {len(FACES)} 0\n{rows(CUBE)}"
    coloured = f"COFF\n# drawn by code\n{len(CUBE)} {len(FACES)} 0\n{rows(CUBE, extra=' 200 100 50 255')}{faces}"
    return [
        (".off", ("OFF\n" + body + faces).encode()),
        (".off", ("OFF" + body + faces).encode()),
        (".off", coloured.encode()),
    ]


def obj() -> Seeds:
    """OBJ with textures, counted backwards, and without faces."""
    vertices = "".join(f"v {line}\n" for line in rows(CUBE).splitlines())
    faces = "".join(f"f {' '.join(f'{i + 1}/{i + 1}/1' for i in face)}\n" for face in FACES)
    backwards = "".join(f"f {' '.join(str(i - len(CUBE)) for i in face)}\n" for face in FACES)
    return [
        (".obj", f"# drawn by code\nmtllib a.mtl\no cube\n{vertices}vt 0 0\nvn 0 0 1\nusemtl a\n{faces}".encode()),
        (".obj", (vertices + backwards).encode()),
        (".obj", "".join(f"v {line}\n" for line in rows(POINTS).splitlines()).encode()),
    ]


def stl() -> Seeds:
    """STL, binary and as text."""
    corners = CUBE[TRIANGLES]  # (12, 3, 3)
    binary = b"solid drawn by code".ljust(80) + struct.pack("<I", len(corners))
    binary += b"".join(bytes(12) + corner.tobytes() + bytes(2) for corner in corners)
    facets = ""
    for corner in corners:
        vertices = "".join(f"      vertex {line}\n" for line in rows(corner).splitlines())
        facets += f"  facet normal 0 0 0\n    outer loop\n{vertices}    endloop\n  endfacet\n"
    return [(".stl", binary), (".stl", f"solid cube\n{facets}endsolid cube\n".encode())]


def gltf() -> Seeds:
    """glTF with its buffer inside, beside it, and in one file."""
    vertices, corners = len(CUBE.tobytes()), TRIANGLES.size * 2

    def document(buffer: dict[str, object], mode: int = 4) -> dict[str, object]:
        primitive: dict[str, object] = {"attributes": {"POSITION": 0}, "mode": mode}
        return {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"children": [1, 2]}, {"mesh": 0, "translation": [1, 2, 3]}, {"mesh": 0, "scale": [2, 1, 1]}],
            "meshes": [{"primitives": [primitive | ({"indices": 1} if mode else {})]}],
            "accessors": [
                {"bufferView": 0, "componentType": 5126, "count": len(CUBE), "type": "VEC3"},
                {"bufferView": 1, "componentType": 5123, "count": TRIANGLES.size, "type": "SCALAR"},
            ],
            "bufferViews": [
                {"buffer": 0, "byteLength": vertices},
                {"buffer": 0, "byteOffset": vertices, "byteLength": corners},
            ],
            "buffers": [{"byteLength": vertices + corners, **buffer}],
        }

    uri = "data:application/octet-stream;base64," + base64.b64encode(beside()).decode()
    seeds = [(".gltf", json.dumps(document({"uri": uri}, mode)).encode()) for mode in (4, 5, 0)]
    seeds.append((".gltf", json.dumps(document({"uri": BESIDE})).encode()))
    return [*seeds, *((".glb", glb(document({}, mode), beside())) for mode in (4, 0))]


def beside() -> bytes:
    """What is in the file beside."""
    return CUBE.tobytes() + TRIANGLES.astype(np.uint16).tobytes()


def glb(document: dict[str, object], binary: bytes) -> bytes:
    """A glTF in one file."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4s2I", b"glTF", 2, 12 + len(chunks)) + chunks


def vtk() -> Seeds:
    """Polygons and strips as text, polygons as binary in both versions, cells with types, and points alone."""
    head, size = "# vtk DataFile Version {}\ndrawn by code\n{}\nDATASET {}\n", sum(map(len, FACES)) + len(FACES)
    points = f"POINTS {len(CUBE)} float\n"
    listed = "".join(f"{len(face)} {' '.join(map(str, face))}\n" for face in FACES)
    text = points + rows(CUBE) + f"POLYGONS {len(FACES)} {size}\n{listed}"
    strip = (
        points + rows(CUBE) + "TRIANGLE_STRIPS 2 16\n10 0 1 2 3 6 7 4 5 0 1\n4 0 2 4 6\nCELL_DATA 2\nSCALARS a float\n"
    )
    cells = points + rows(CUBE) + f"CELLS {len(FACES)} {size}\n{listed}CELL_TYPES {len(FACES)}\n"
    cells += "".join(f"{9 if len(face) == 4 else 5}\n" for face in FACES)
    flat = np.array([number for face in FACES for number in (len(face), *face)], ">i4").tobytes()
    ends = np.cumsum([0, *map(len, FACES)]).astype(">i8").tobytes()
    corners = np.array([number for face in FACES for number in face], ">i8").tobytes()
    field = b"FIELD FieldData 1\nTIME 1 1 double\n" + struct.pack(">d", 1.5) + b"\n"
    binary = field + points.encode() + CUBE.astype(">f4").tobytes() + b"\nMETADATA\nINFORMATION 0\n\n"
    old = binary + f"POLYGONS {len(FACES)} {size}\n".encode() + flat + b"\n"
    new = binary + f"POLYGONS {len(FACES) + 1} {size - len(FACES)}\nOFFSETS vtktypeint64\n".encode() + ends
    new += b"\nCONNECTIVITY vtktypeint64\n" + corners + b"\n"
    cloud = f"POINTS {len(POINTS)} double\n{rows(POINTS)}VERTICES 1 {len(POINTS) + 1}\n{len(POINTS)}"
    cloud += "".join(f" {i}" for i in range(len(POINTS))) + "\n"
    return [
        (".vtk", (head.format("3.0", "ASCII", "POLYDATA") + text).encode()),
        (".vtk", (head.format("3.0", "ASCII", "POLYDATA") + strip).encode()),
        (".vtk", (head.format("2.0", "ASCII", "UNSTRUCTURED_GRID") + cells).encode()),
        (".vtk", head.format("4.2", "BINARY", "POLYDATA").encode() + old),
        (".vtk", head.format("5.1", "BINARY", "POLYDATA").encode() + new),
        (".vtk", (head.format("4.0", "ASCII", "POLYDATA") + cloud).encode()),
    ]
