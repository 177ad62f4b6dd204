"""OBJ: meshes in text (Wavefront's). Materials are not read, so no other file is opened.

Its faces are taken apart here, for trimesh 5.2 counts a negative number back from the last vertex of the file, not from
the last above the face: of two triangles ``f -3 -2 -1``, each behind its own vertices, it makes the second one twice.
"""

import re
from pathlib import Path

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.polygons import fans
from nimba.clouds.formats.rows import read_rows, read_whole_numbers
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_VERTEX = re.compile(rb"^[ \t]*v[ \t]([^\r\n]*)", re.MULTILINE)
_FACE = re.compile(rb"^[ \t]*f[ \t]([^\r\n]*)", re.MULTILINE)
_NOT_THE_VERTEX = re.compile(rb"/\S*")  # of a corner 7/1/3: its texture and its normal


def read_obj(source: Source) -> Content:
    """Vertices and faces; polygons as fans of triangles.

    Raises:
        InputError: a vertex or a face that is none.
    """
    text = source.rest()
    if b"\\" in text:
        text = re.sub(rb"\\\r?\n", b" ", text)
    if b"#" in text:
        text = re.sub(rb"#[^\r\n]*", b"", text)
    if b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    vertices = read_rows(source.path, b"\n".join(_VERTEX.findall(text)), range(3), unit="vertex")
    faces = b"\n".join(_FACE.findall(text))
    before = _before(text) if b"-" in faces else None
    return Content(vertices, _triangles(source.path, _NOT_THE_VERTEX.sub(b"", faces).splitlines(), before))


def _before(text: bytes) -> np.ndarray:
    """How many vertices stand above each face: (F,)."""
    vertices, faces = (np.array([m.start() for m in form.finditer(text)], np.int64) for form in (_VERTEX, _FACE))
    return np.searchsorted(vertices, faces)


def _triangles(path: Path, faces: list[bytes], before: np.ndarray | None) -> np.ndarray:
    """(T, 3) indices from 0, those of the faces with the fewest corners first.

    Args:
        path: for errors.
        faces: the numbers of each face's vertices, counted from 1, or backwards from the last above it with a minus.
        before: (F,) how many vertices stand above each face; None where no number has a minus.
    """
    counts = np.array([len(face.split()) for face in faces], np.int64)
    if len(counts) and counts.min() < 3:
        raise InputError(f"{path}: a face of {counts.min()} corners; is the file complete?")
    pieces = [np.empty((0, 3), np.int64)]
    for count in np.unique(counts):
        which = np.flatnonzero(counts == count)
        corners = read_whole_numbers(path, [faces[i] for i in which], range(count), "faces")
        if not corners.all():
            raise InputError(f"{path}: a face names vertex 0, but they are counted from 1; is it an OBJ?")
        upwards = 0 if before is None else before[which, None]
        pieces.append(fans(np.where(corners > 0, corners - 1, upwards + corners)))
    return np.concatenate(pieces)
