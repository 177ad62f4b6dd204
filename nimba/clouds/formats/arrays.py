"""Which of several named arrays holds the points: what NPZ, HDF5, MAT and structured arrays have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nimba.clouds.formats.columns import find_axes
from nimba.clouds.formats.content import Content
from nimba.clouds.formats.limits import check_count
from nimba.runtime.errors import InputError

NAMES = (
    *("points", "pos", "xyz", "coords", "coord", "data", "point_cloud", "pointcloud", "positions", "position"),
    *("cloud", "pcd", "pc", "pts", "vertices", "verts", "vertex"),
)
"""Of arrays that hold points, first come first served; capitals do not matter."""
_OTHERS = (
    *("color", "colors", "colour", "colours", "rgb", "normal", "normals", "label", "labels", "seg", "intensity"),
    *("face", "faces", "triangles", "tris", "uv", "features", "feat", "colors_rgb", "pose", "rotation"),
)
_FACES = ("faces", "face", "triangles", "tris")
_WIDE = 16  # columns of a point; what has more of them than rows holds its points the other way round


@dataclass(frozen=True)
class Held:
    """An array as its header describes it."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def base(self) -> str:
        """Its name without the groups that it lies in."""
        return self.name.rpartition("/")[2].lower()

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.dtype.kind in "fiu"

    @property
    def may_be_cloud(self) -> bool:
        """Whether it has the shape of a cloud."""
        shape = self.shape[1:] if len(self.shape) == 3 and self.shape[0] == 1 else self.shape
        if not self.is_number or len(shape) != 2:
            return False
        return (shape[0] > 3 and 3 <= shape[1] < _WIDE) or (shape[0] == 3 and shape[1] >= _WIDE)


def read_named(path: Path, held: Sequence[Held], load: Callable[[str], np.ndarray], what: str = "array") -> Content:
    """The points among several arrays: by their name, as arrays x, y and z, or the only ones that may be points.

    An array of faces beside them makes them a mesh.

    Args:
        path: for errors.
        held: what there is.
        load: reads one of them.
        what: name of them, for errors.

    Raises:
        InputError: none, or more than one that may be meant; one of no cloud's shape.
    """
    names = [one.name for one in held]
    clouds = [one for one in held if one.may_be_cloud]
    for wanted in NAMES:
        if named := [one for one in clouds if one.base == wanted]:
            return _loaded(path, held, named[0] if len(named) == 1 else _ask(path, named, what), load)
    axes = find_axes([one.base for one in held if one.is_number and _length(one)])
    if axes is not None:
        columns = [one for one in held if one.is_number and _length(one)]
        x, y, z = (columns[i] for i in axes)
        if _length(x) == _length(y) == _length(z):
            check_count(path, _length(x))
            chosen = [load(one.name).reshape(-1) for one in (x, y, z)]
            return Content(np.stack(chosen, 1), decided={"columns": [x.name, y.name, z.name]})
    likely = [one for one in clouds if one.base not in _OTHERS]
    if len(likely) == 1:
        content = _loaded(path, held, likely[0], load)
        if len(held) == 1:
            return content
        note = f"of its {len(held):,} {what}s {likely[0].name[:80]!r} {likely[0].shape} is taken for the points"
        return replace(content, notes=(*content.notes, note))
    numbers = [one for one in held if one.is_number]
    meant = numbers if len(numbers) == 1 else [one for one in numbers if one.base in NAMES]
    if not likely and len(meant) == 1:
        return _loaded(path, held, meant[0], load)  # as_points says what is wrong with it
    if not names:
        raise InputError(f"{path}: holds no {what}s; is it complete?")
    _ask(path, likely or held, what)
    raise AssertionError


def _ask(path: Path, held: Sequence[Held], what: str) -> Held:
    shapes = [one.shape if one.is_number else "no numbers" for one in held]
    listed = ", ".join(f"{one.name[:40]!r} {shape}" for one, shape in zip(held[:8], shapes, strict=False))[:300]
    raise InputError(f"{path}: holds {listed}; which are the points? Name that {what} {NAMES[0]!r}, or save it alone")


def _length(one: Held) -> int:
    """The length of a column: (N,), (N, 1) or (1, N); 0 of anything else."""
    long = [size for size in one.shape if size != 1]
    return long[0] if len(long) == 1 and len(one.shape) <= 2 else 0


def _loaded(path: Path, held: Sequence[Held], chosen: Held, load: Callable[[str], np.ndarray]) -> Content:
    content = as_points(path, load(chosen.name))
    decided = {"array": chosen.name, **content.decided}
    beside = chosen.name[: len(chosen.name) - len(chosen.base)]
    for one in held:
        if one.name.lower() in [f"{beside}{name}".lower() for name in _FACES] and one.dtype.kind in "iuf":
            faces = load(one.name)
            faces = faces.T if len(faces.shape) == 2 and faces.shape[0] == 3 != faces.shape[1] else faces
            whole = (faces == np.round(faces)).all() and (np.abs(faces.astype(np.float64)) < 1 << 52).all()
            if faces.ndim == 2 and faces.shape[1] == 3 and len(faces) and whole:
                first = int(faces.min() == 1 and faces.max() == len(content.points))  # MATLAB counts from 1
                return replace(content, triangles=faces.astype(np.int64) - first, decided=decided)
    return replace(content, decided=decided)


def as_points(path: Path, array: np.ndarray) -> Content:
    """The first three columns of an array, in the layouts that libraries keep clouds in.

    Args:
        path: for errors.
        array: (N, >= 3), (1, N, >= 3), (3, N); or structured, with fields x, y and z or one of (N, 3).

    Raises:
        InputError: another shape, or no numbers.
    """
    if array.dtype.names:
        fields = [Held(name, array[name].shape, array[name].dtype) for name in array.dtype.names]
        return read_named(path, fields, lambda name: array[name], "field")
    shape = array.shape
    if array.ndim == 3 and len(array) == 1:
        array = array[0]  # a batch of one cloud
    if array.ndim == 2 and len(array) < _WIDE <= array.shape[1]:
        if len(array) != 3:
            raise InputError(f"{path}: an array of {array.dtype} {shape}; a cloud is (N, 3): transpose it")
        array = array.T  # channels first
    if array.ndim == 3 and array.shape[2] == 3:
        several = f"{len(array):,} clouds, or an image of points"
        raise InputError(f"{path}: an array {shape}: {several}? A cloud is (N, 3): save one, or reshape it")
    if array.ndim != 2 or array.shape[1] < 3 or array.dtype.kind not in "fiu":
        raise InputError(f"{path}: an array of {array.dtype} {shape}; a cloud is (N, 3) numbers")
    check_count(path, len(array))
    return Content(array[:, :3])
