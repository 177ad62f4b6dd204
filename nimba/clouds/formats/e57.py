"""E57: scans of terrestrial scanners, each where its pose puts it (ASTM E2807).

It is read here, with numpy: libE57, which pye57 wraps, is C++ that a damaged file can crash, so a stranger's file
would need a process of its own, and its wheel brings 60 MB; what is read here is a table of pages, an XML document
and columns of packed numbers. The checksum of every page is checked before any of them is believed.
"""

from xml.etree.ElementTree import Element, XMLParser

import numpy as np

from nimba.clouds.formats.content import Content
from nimba.clouds.formats.e57_pages import Pages
from nimba.clouds.formats.e57_vector import Column, column_of, read_streams
from nimba.clouds.formats.limits import check_count
from nimba.clouds.formats.source import Source, reason
from nimba.runtime.errors import InputError

_LONGEST_XML = 64 << 20
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")


def read_e57(source: Source) -> Content:
    """The points of all scans in the frame of the file, without those that a scanner calls invalid.

    Raises:
        InputError: not an E57, a damaged one, or one without coordinates.
    """
    try:
        return _read(source)
    except InputError:
        raise
    except Exception as error:  # whatever a document that is none of an E57's leads to
        raise InputError(f"{source.path}: not a readable E57 ({reason(error)}); is the file complete?") from None


def _read(source: Source) -> Content:
    pages = Pages(source)
    scans = _document(pages).findall("{*}data3D/{*}vectorChild")
    vectors = [points for scan in scans if (points := scan.find("{*}points")) is not None]
    total = sum(_whole(points, "recordCount") for points in vectors)
    check_count(source.path, total)
    parts = [np.empty((0, 3))]
    for scan in scans:
        points = scan.find("{*}points")
        if points is not None and _whole(points, "recordCount"):
            placed = _scan(pages, points)
            rotation, translation = _pose(scan)
            parts.append(placed @ rotation.T + translation)
    joined = np.concatenate(parts)
    decided = {"points_in_file": total, "scans": len(scans)}
    if len(joined) == total:
        return Content(joined, decided=decided)
    invalid = total - len(joined)
    note = f"{invalid:,} of {total:,} points are marked invalid by the scanner: left out"
    return Content(joined, notes=(note,), decided={**decided, "dropped": {"invalid": invalid}})


def _document(pages: Pages) -> Element:
    if pages.xml_size > _LONGEST_XML:
        raise ValueError(f"a document of {pages.xml_size:,} bytes")
    text = pages.take(pages.xml_place, pages.xml_size)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("a document with definitions of its own")
    parser = XMLParser()
    parser.feed(text)
    return parser.close()


def _scan(pages: Pages, points: Element) -> np.ndarray:
    """The valid points of a scan in its own frame: (N, 3) float64."""
    prototype = points.find("{*}prototype")
    fields = list(prototype) if prototype is not None else []
    names = [field.tag.rpartition("}")[2] for field in fields]
    axes = next((axes for axes in (_CARTESIAN, _SPHERICAL) if all(axis in names for axis in axes)), None)
    if axes is None:
        raise ValueError(f"a scan without {', '.join(_CARTESIAN)}, only {', '.join(names)[:80] or 'nothing'}")
    state = f"{axes[0][:9]}InvalidState"
    wanted = [*axes, *([state] if state in names else [])]
    count = _whole(points, "recordCount")
    columns: dict[int, Column] = {names.index(name): column_of(fields[names.index(name)]) for name in wanted}
    needed = {number: -(-count * column.bits // 8) for number, column in columns.items()}
    if not any(needed[names.index(axis)] for axis in axes):
        raise ValueError("a scan whose points are all the same")
    streams = read_streams(pages, _whole(points, "fileOffset"), needed, len(fields))
    values = {names[number]: column.numbers(streams[number], count) for number, column in columns.items()}
    valid = values[state] == 0 if state in values else slice(None)
    x, y, z = (values[axis][valid].astype(np.float64) for axis in axes)
    if axes is _SPHERICAL:
        away, around, up = x, y, z
        x, y, z = away * np.cos(up) * np.cos(around), away * np.cos(up) * np.sin(around), away * np.sin(up)
    return np.stack([x, y, z], 1)


def _pose(scan: Element) -> tuple[np.ndarray, np.ndarray]:
    """The rotation (3, 3) and the translation (3,) that bring a scan into the frame of the file."""
    w, x, y, z = (_number(scan, f"{{*}}pose/{{*}}rotation/{{*}}{axis}", float(axis == "w")) for axis in "wxyz")
    translation = np.array([_number(scan, f"{{*}}pose/{{*}}translation/{{*}}{axis}", 0.0) for axis in "xyz"])
    size = np.sqrt(w * w + x * x + y * y + z * z)
    if not (np.isfinite(size) and size > 0 and np.isfinite(translation).all()):
        raise ValueError("a pose that is none")
    w, x, y, z = np.array([w, x, y, z]) / size
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return rotation, translation


def _number(scan: Element, path: str, default: float) -> float:
    """A number of the document; one without text is 0, as libE57 leaves it out."""
    element = scan.find(path)
    return default if element is None else float(element.text or 0)


def _whole(element: Element, name: str) -> int:
    text = element.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError(f"{name} {text[:20]!r}")
    return int(text)
