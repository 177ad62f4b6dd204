"""Formats of scanners and modellers, by way of Open3D: PCD, OBJ, STL, GLB; and OFF by way of torch-geometric."""

from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.mesh import check_faces
from nimba.runtime.errors import InputError, first_line

Mesh = tuple[np.ndarray, np.ndarray]  # vertices (V, 3), triangles (T, 3)


def read_pcd(path: Path) -> np.ndarray:
    """Points of a PCD or PLY: (N, 3)."""
    _check_rows(path)
    io, quiet = _open3d(path)
    with quiet:  # Open3D warns and returns an empty cloud
        cloud = io.read_point_cloud(str(path), remove_nan_points=False, remove_infinite_points=False)
    if cloud.is_empty():
        raise InputError(f"{path}: no points could be read; is it a complete {path.suffix[1:].upper()} file?")
    return np.asarray(cloud.points)


def read_mesh(path: Path) -> Mesh:
    """Vertices (V, 3) and triangles (T, 3) of a mesh."""
    io, quiet = _open3d(path)
    with quiet:
        mesh = io.read_triangle_mesh(str(path))
    if mesh.is_empty() or not mesh.has_triangles():
        raise InputError(f"{path}: no triangles could be read; is it a complete {path.suffix[1:].upper()} mesh?")
    return np.asarray(mesh.vertices), np.asarray(mesh.triangles)


def read_off(path: Path) -> Mesh:
    """Vertices and triangles of an OFF mesh, also with ModelNet's header, whose first line break is missing."""
    from torch_geometric.io import read_off as parse

    try:
        data = parse(str(path))
    except Exception as error:  # the parser raises what the damage led to
        raise InputError(f"{path}: not a readable OFF mesh ({first_line(error)}); is the file complete?") from None
    if data.pos is None or data.face is None or data.face.numel() == 0:
        raise InputError(f"{path}: no triangles could be read; is it a complete OFF mesh?")
    vertices, triangles = data.pos.numpy(), data.face.t().numpy()
    check_faces(path, vertices, triangles)
    return vertices, triangles


def _check_rows(path: Path) -> None:
    """Refuse a PCD of text that breaks off: Open3D would put zeros for what is missing."""
    promised = 0
    with path.open("rb") as file:
        for line in file:
            match line.split():
                case [b"POINTS", number] if number.isdigit():
                    promised = int(number)
                case [b"DATA", b"ascii"]:
                    there = sum(1 for row in file if row.strip())
                    if there < promised:
                        raise InputError(f"{path}: {there} of {promised} points are there; is the file complete?")
                case [b"DATA", *_]:
                    break


def _open3d(path: Path) -> tuple[Any, Any]:
    try:
        import open3d  # 900 MB: only for those who need it
    except (ImportError, OSError) as error:
        raise InputError(f"{path}: reading it needs Open3D ({error}); `nimba doctor` says how to fix it") from None
    return open3d.io, open3d.utility.VerbosityContextManager(open3d.utility.VerbosityLevel.Error)
