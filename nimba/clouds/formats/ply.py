"""PLY: points and meshes, as text or binary, with whatever other elements and properties there are.

The rows are found here, for plyfile 1.1.5 reads them one by one where lists differ in length or the file is text:
twelve times as long for a mesh of triangles and quads, 10 s for a million points in text, 4 s and 130 MB for a
megabyte of empty lists. It knows no whole numbers of eight bytes either, and no comments but in ASCII.
"""

from pathlib import Path

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.ply_binary import read_binary
from nimba.clouds.formats.ply_header import Element, read_header
from nimba.clouds.formats.ply_text import read_text_body
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

_FACES = ("vertex_indices", "vertex_index")


def read_ply(source: Source) -> Content:
    """The vertices, and the faces where there are any.

    Every element is gone through to its end, also those that are of no use here: what the header promises has to be
    there, and nothing behind it.

    Raises:
        InputError: not a PLY, one that breaks off or continues behind its end, or one without x, y and z.
    """
    header = read_header(source)
    vertex = next((element for element in header.elements if element.name == "vertex"), None)
    if vertex is None:
        raise InputError(f"{source.path}: a PLY without vertices, of {_names(header.elements)}; nothing to read")
    wanted: dict[str, list[int]] = {"vertex": [_coordinate(source.path, vertex, axis) for axis in "xyz"]}
    for element in header.elements:
        if element.name in ("face", "tristrips") and element.count:
            corners = element.index(*_FACES)
            listed = corners is not None and element.properties[corners].counts is not None
            if corners is None or not listed or element.properties[corners].dtype.kind == "f":
                raise InputError(
                    f"{source.path}: a PLY whose faces have no list of whole numbers {_FACES[0]}; export it anew"
                )
            wanted[element.name] = [corners]
    if "face" in wanted:
        wanted.pop("tristrips", None)  # the same surface once more
    read_body = read_binary if header.order else read_text_body
    points, triangles = read_body(source, header, wanted)
    return Content(points, triangles, declared=vertex.count)


def _coordinate(path: Path, vertex: Element, axis: str) -> int:
    place = vertex.index(axis)
    if place is None or vertex.properties[place].counts is not None:
        raise InputError(f"{path}: a PLY whose vertices have no number {axis}, only {_names(vertex.properties)}")
    return place


def _names(things: list) -> str:
    return ", ".join(repr(thing.name[:20])[1:-1] for thing in things[:10]) or "nothing"
