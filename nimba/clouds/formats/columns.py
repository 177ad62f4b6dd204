"""Which of some named columns are x, y and z, as CloudCompare, VeloView, pandas, ROS and surveyors name them."""

import re
from collections.abc import Sequence
from itertools import product

_UNITS = ("m", "mm", "cm", "km", "ft", "in", "meter", "meters", "metre", "metres", "feet", "utm")
_BEFORE = (
    *("", "p", "pos", "position", "positions", "pt", "point", "points", "coord", "coords", "coordinate"),
    *("coordinates", "loc", "location", "vertex", "v", "cartesian", "field", "xyz", "world", "global", "local"),
)
_BEHIND = ("coord", "coords", "coordinate", "pos", "position", "loc", "location", "value", "val", "world", "local")
_UPWARDS = ("z", "height", "h", "elevation", "elev", "altitude", "alt", "up", "u", "hoehe", "höhe")
_GROUND = (
    *(("easting", "northing"), ("east", "north"), ("e", "n"), ("x", "y")),
    *(("rechtswert", "hochwert"), ("ostwert", "nordwert"), ("rechts", "hoch")),
)
_COUNTED = ("points", "pointsmxyz", "point", "pos", "position", "coords", "coord", "xyz", "")
_AXES = (
    *(tuple(before + axis for axis in "xyz") for before in _BEFORE),
    *(tuple(axis + behind for axis in "xyz") for behind in _BEHIND),
    *((*ground, up) for ground, up in product(_GROUND, _UPWARDS)),
    *(tuple(before + number for number in "012") for before in _COUNTED),
)
_IN_BRACKETS = re.compile(r"[\[(<{]\s*([^\])>}]*)")
_UNIT = re.compile(rf"[\s_.,/-]+({'|'.join(_UNITS)})$")


def find_axes(names: Sequence[str]) -> tuple[int, ...] | None:
    """The places of x, y and z among names of columns; None where they do not say so, or more than one says it.

    Capitals, blanks, underscores and the like do not matter, nor do units at the end, or what stands in brackets.
    """
    plain = [_plain(name) for name in names]
    for axes in _AXES:
        if all(plain.count(axis) == 1 for axis in axes):
            return tuple(plain.index(axis) for axis in axes)
    return None


def unit_of(names: Sequence[str]) -> str | None:
    """The unit that all of some names give in brackets or at their end; None where they do not agree."""
    found = {match[1].strip() for name in names if (match := _IN_BRACKETS.search(name) or _UNIT.search(name.lower()))}
    return found.pop() if len(found) == 1 and found <= set(_UNITS) else None


def _plain(name: str) -> str:
    bare = _IN_BRACKETS.split(name)[0].strip().lower()
    return re.sub(r"[\W_]+", "", _UNIT.sub("", bare))
