"""The formats that can be read: one line each, from which everything else that names them is derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.clouds.formats.content import Content
    from nimba.clouds.formats.source import Source

GZIP = ".gz"


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        name: for help texts.
        suffixes: of its files, in small letters.
        reader: its module in this folder and the function there, which is imported when it is needed.
        holds: "points", "meshes" or "points and meshes".
        extra: the extra of NIMBA that brings what the reader needs, where the base does not.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    holds: str
    extra: str | None = None

    def read(self, source: Source) -> Content:
        """Read a file.

        Raises:
            InputError: it is none of this format, or what its reader needs is not installed.
        """
        try:
            reader = self._load()
        except ModuleNotFoundError as error:
            if self.extra is None:
                raise
            raise InputError(
                f"{source.path}: reading {self.name} needs {error.name}: pip install 'nimba[{self.extra}]'"
            ) from None
        return reader(source)

    def _load(self) -> Callable[[Source], Content]:
        module, _, function = self.reader.partition(":")
        reader: Callable[[Source], Content] = getattr(import_module(f"{__package__}.{module}"), function)
        return reader

    def missing(self) -> str | None:
        """The package that its extra would bring, where that is not installed."""
        try:
            self._load()
        except ModuleNotFoundError as error:
            if self.extra is None:
                raise
            return error.name
        return None


FORMATS = (
    Format("PLY", (".ply",), "ply:read_ply", "points and meshes"),
    Format("PCD", (".pcd",), "pcd:read_pcd", "points"),
    Format("text", (".xyz", ".txt", ".csv", ".pts", ".asc"), "text:read_text", "points"),
    Format("PTX", (".ptx",), "ptx:read_ptx", "points"),
    Format("NPY", (".npy",), "npy:read_npy", "points"),
    Format("NPZ", (".npz",), "npz:read_npz", "points and meshes"),
    Format("OFF", (".off",), "off:read_off", "points and meshes"),
    Format("OBJ", (".obj",), "obj:read_obj", "points and meshes"),
    Format("STL", (".stl",), "stl:read_stl", "meshes"),
    Format("VTK", (".vtk",), "vtk:read_vtk", "points and meshes"),
    Format("HDF5", (".h5", ".hdf5"), "hdf5:read_hdf5", "points and meshes"),
    Format("MAT", (".mat",), "mat:read_mat", "points and meshes"),
    Format("tables", (".parquet", ".feather", ".arrow"), "tables:read_tables", "points", extra="tables"),
    Format("LAS", (".las", ".laz"), "las:read_las", "points", extra="las"),
    Format("E57", (".e57",), "e57:read_e57", "points"),
    Format("KITTI", (".bin",), "kitti:read_kitti", "points"),
    Format("glTF", (".glb", ".gltf"), "gltf:read_gltf", "points and meshes"),
)

_BY_SUFFIX = {suffix: format for format in FORMATS for suffix in format.suffixes}
SUFFIXES = tuple(_BY_SUFFIX)
ENDINGS = (*SUFFIXES, *(suffix + GZIP for suffix in SUFFIXES))
"""What the names of files that can be read end in, in small letters."""


def format_of(path: Path) -> tuple[Format, bool]:
    """The format that a file's name says, and whether it is gzipped.

    Raises:
        InputError: a suffix that no format has.
    """
    gzipped = path.suffix.lower() == GZIP
    suffix = Path(path.stem).suffix if gzipped else path.suffix
    found = _BY_SUFFIX.get(suffix.lower())
    if found is None:
        shown = suffix or "without extension"
        raise InputError(f"{path}: unknown format {shown!r}; known: {' '.join(SUFFIXES)}, each also with {GZIP}")
    return found, gzipped


def described() -> str:
    """The formats on one line, for help texts."""
    names = (f.name if f.name.lower() == f.suffixes[0][1:] else f"{f.name} ({' '.join(f.suffixes)})" for f in FORMATS)
    return f"{', '.join(names)}; each also gzipped ({GZIP})"


def table() -> str:
    """The formats as a table for documents."""
    rows = []
    for format in FORMATS:
        extra = f"; needs `pip install 'nimba[{format.extra}]'`" if format.extra else ""
        rows.append(f"| {format.name} | {' '.join(format.suffixes)} | {format.holds}{extra} |\n")
    return "| format | files | what is in them |\n|---|---|---|\n" + "".join(rows)
