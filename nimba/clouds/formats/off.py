"""OFF: meshes in text (Geomview's), also with ModelNet's header, whose first line break is missing.

Its lines are counted here and its numbers read by pandas, for trimesh 5.2 fails where a face of six corners stands
beside a triangle, reads 1_0 as ten, and drops a face of -1 corners without a word.
"""

import re

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.lines import Lines
from nimba.clouds.formats.polygons import fans_of_lines
from nimba.clouds.formats.rows import read_rows
from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

# Texture coordinates, colours and normals (ST, C, N) come behind x, y and z.
_HEADER = re.compile(rb"\s*(ST)?C?N?OFF[ \t]*\r?\n?\s*(\d{1,15})[ \t]+(\d{1,15})([ \t]+\d+)?[ \t]*(\r?\n|\Z)")


def read_off(source: Source) -> Content:
    """Vertices and faces; polygons as fans of triangles.

    Raises:
        InputError: not an OFF in text, or one that has fewer or more lines than its header says.
    """
    text = source.rest()
    if b"#" in text:
        text = re.sub(rb"#[^\r\n]*", b"", text)
    header = _HEADER.match(text)
    if header is None:
        start = text.strip()[:20].decode("ascii", "backslashreplace")
        raise InputError(f"{source.path}: not a readable OFF mesh (begins with {start!r}); is the file complete?")
    count, faces = int(header[2]), int(header[3])
    check_count(source.path, count, "vertices")
    check_count(source.path, faces, "faces")
    first_line = text.count(b"\n", 0, header.end()) + 1
    lines = Lines(text[header.end() :])
    del text
    vertex_part, face_part = lines.take(count), lines.take(faces)
    if vertex_part is None or face_part is None or lines.rest:
        there = lines.text.count(b"\n", 0, lines.end) + bool(lines.end)
        raise InputError(
            f"{source.path}: not a readable OFF mesh ({there:,} lines for {count:,} vertices and {faces:,} faces); "
            "is the file complete?"
        )
    vertices = read_rows(source.path, lines.text, range(3), part=vertex_part, first_line=first_line)
    triangles = fans_of_lines(source.path, lines.text[face_part].splitlines())
    return Content(vertices, triangles, declared=count)
