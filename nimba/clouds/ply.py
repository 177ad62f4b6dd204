"""PLY files: points and meshes, by way of meshio.

Open3D reads them too, but takes a second and 250 MB to import, and of a file that breaks off it makes up the rest.
"""

from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.mesh import check_faces
from nimba.clouds.scene import Mesh, read_mesh, read_pcd
from nimba.runtime.errors import InputError, first_line


def read_ply(path: Path) -> np.ndarray | Mesh:
    """Points (N, 3) of a PLY, or vertices (V, 3) and triangles (T, 3) where it has faces."""
    import meshio

    try:
        content = meshio.ply.read(path)
    except meshio.ReadError:  # of a layout that meshio does not know
        return read_mesh(path) if _has_faces(path) else read_pcd(path)
    except Exception as error:  # numpy's, of what is not there
        raise InputError(f"{path}: not a readable PLY ({first_line(error)}); is the file complete?") from None
    return _mesh(path, content) if content.cells else content.points


def _mesh(path: Path, content: Any) -> Mesh:
    """Vertices, and the faces as fans of triangles around their first corner."""
    fans = [
        cells.data[:, [0, corner, corner + 1]]
        for cells in content.cells
        for corner in range(1, cells.data.shape[1] - 1)
    ]
    triangles = np.concatenate([np.empty((0, 3), np.int64), *fans])  # (T, 3)
    check_faces(path, content.points, triangles)
    return content.points, triangles


def _has_faces(path: Path) -> bool:
    with path.open("rb") as file:
        for line in file:
            words = line.split()
            if words[:2] == [b"element", b"face"]:
                return len(words) > 2 and words[2] != b"0"
            if words[:1] == [b"end_header"]:
                break
    return False
