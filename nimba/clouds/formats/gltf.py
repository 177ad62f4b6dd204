"""glTF 2.0, as GLB or as JSON with its buffers beside it: the meshes of the scene, each where its nodes put it.

It is read here, for trimesh 5.2 leaves out triangle fans, reads sparse accessors as zeros and normalized integers as
they stand, and takes gigabytes for a document of 400 bytes that says so.
"""

import json
from typing import Any

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.gltf_buffers import Buffers, at
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

# They put vertices where no accessor finds them.
_UNREAD = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "EXT_mesh_gpu_instancing")
_POINTS, _TRIANGLES, _STRIP, _FAN = 0, 4, 5, 6
_MOST_PRIMITIVES = 50_000
_MAGIC, _JSON, _BIN = b"glTF", b"JSON", b"BIN\0"


def read_gltf(source: Source) -> Content:
    """All triangles of the scene, or all its points where it has no triangles.

    Pictures are not read. Buffers in other files are, where they lie beside this one.

    Raises:
        InputError: not a glTF 2.0, one that contradicts itself, refers to other places, or is compressed.
    """
    try:
        return _read(source)
    except InputError:
        raise
    except Exception as error:  # whatever JSON that is none of a glTF's leads to
        what = f"no {error}" if isinstance(error, KeyError) else reason(error)
        raise InputError(f"{source.path}: not a readable glTF ({what}); is the file complete?") from None


def _read(source: Source) -> Content:
    document, binary = _chunks(source.rest())
    if not str(document["asset"]["version"]).startswith("2."):
        raise ValueError("not of version 2")
    unread = [name for name in _UNREAD if name in document.get("extensionsRequired", [])]
    if unread:
        raise InputError(f"{source.path}: a glTF with {unread[0]}, which is not read; export it without")
    buffers = Buffers(source, document, binary)
    vertices, triangles, points = [], [], []
    total, primitives, first = 0, 0, 0
    for mesh, matrix in _placed(document):
        for primitive in at(document["meshes"], mesh)["primitives"]:
            mode = primitive.get("mode", _TRIANGLES)
            if mode not in (_POINTS, _TRIANGLES, _STRIP, _FAN):
                continue  # lines
            # Counted before they are made: a thousand nodes may show one mesh.
            primitives += 1
            if primitives > _MOST_PRIMITIVES:
                raise InputError(f"{source.path}: a glTF of more than {_MOST_PRIMITIVES:,} parts; join them")
            total += buffers.count(primitive["attributes"]["POSITION"]) + buffers.count(primitive.get("indices"))
            check_count(source.path, total, "vertices and corners")
            placed = buffers.read(primitive["attributes"]["POSITION"], 3) @ matrix[:3, :3].T + matrix[:3, 3]  # (V, 3)
            if mode == _POINTS:
                points.append(placed)
                continue
            corners = (
                np.arange(len(placed)) if "indices" not in primitive else buffers.read(primitive["indices"], 1)[:, 0]
            )
            if len(corners) and not 0 <= corners.min() <= corners.max() < len(placed):
                raise ValueError(f"a face names vertex {int(corners.max())} of {len(placed)}")
            vertices.append(placed)
            triangles.append(_corners(corners.astype(np.int64), mode) + first)
            first += len(placed)
    if triangles:
        return Content(np.concatenate(vertices), np.concatenate(triangles))
    return Content(np.concatenate([np.empty((0, 3)), *points]))


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON, and the binary chunk of a GLB."""
    if not data.startswith(_MAGIC):
        return json.loads(data.decode("utf-8-sig")), b""
    if int.from_bytes(data[8:12], "little") != len(data):
        raise ValueError(f"says {int.from_bytes(data[8:12], 'little'):,} bytes, holds {len(data):,}")
    chunks: dict[bytes, bytes] = {}
    place = 12
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4], "little"), data[place + 4 : place + 8]
        if place + 8 + size > len(data):
            raise ValueError("a chunk that breaks off")
        chunks.setdefault(kind, data[place + 8 : place + 8 + size])
        place += 8 + size
    return json.loads(chunks[_JSON].decode("utf-8")), chunks.get(_BIN, b"")


def _placed(document: dict[str, Any]) -> list[tuple[int, np.ndarray]]:
    """Every mesh of the scene with its matrix (4, 4), in the order that the nodes are met in, from the roots down."""
    nodes = document.get("nodes", [])
    if document.get("scenes"):
        roots = at(document["scenes"], document.get("scene", 0)).get("nodes", [])
    else:
        roots = sorted(set(range(len(nodes))) - {child for node in nodes for child in node.get("children", [])})
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    placed, met = [], set()
    while waiting:
        index, parent = waiting.pop()
        if index in met:
            raise ValueError(f"node {index} is met twice")
        met.add(index)
        node = at(nodes, index)
        matrix = parent @ _matrix(node)
        if "mesh" in node:
            placed.append((node["mesh"], matrix))
        waiting += [(child, matrix) for child in reversed(node.get("children", []))]
    return placed


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """Where a node puts what it holds: (4, 4), from its matrix, or its scale, rotation and translation."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T  # it is written column by column
    x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= np.array(node.get("scale", (1, 1, 1)), np.float64).reshape(3)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64).reshape(3)
    return matrix


def _corners(corners: np.ndarray, mode: int) -> np.ndarray:
    """(T, 3) of a primitive's corners (C,), one after the other."""
    if mode == _TRIANGLES:
        return corners.reshape(-1, 3)
    if len(corners) < 3:
        return np.empty((0, 3), np.int64)
    first = corners[:-2] if mode == _STRIP else np.broadcast_to(corners[0], len(corners) - 2)
    return np.stack([first, corners[1:-1], corners[2:]], 1)
