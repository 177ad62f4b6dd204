"""Draws one mesh with Open3D, in a process of its own: started as a file by ``nimba.viewer.render``.

    child.py WIDTH HEIGHT FIELD_OF_VIEW CAMERA.npz MESH.npz

The camera is its ``target``, ``eye`` and ``up``; the mesh its ``vertices``, ``triangles`` and ``colours``. The picture
is written beside the mesh as PNG. Nothing of NIMBA is imported here, so it starts from any folder.
"""

import sys
from pathlib import Path

import numpy as np
import open3d as o3d
from open3d.visualization import rendering

WHITE = (1.0, 1.0, 1.0, 1.0)


def main(arguments: list[str]) -> None:
    """Draw the mesh."""
    width, height, field_of_view = int(arguments[0]), int(arguments[1]), float(arguments[2])
    with np.load(arguments[3], allow_pickle=False) as file:
        camera = [file[name] for name in ("target", "eye", "up")]
    mesh = _mesh(arguments[4])
    renderer = rendering.OffscreenRenderer(width, height)
    renderer.scene.set_background(WHITE)
    renderer.scene.view.set_post_processing(False)  # colours as they are: no tone mapping
    material = rendering.MaterialRecord()
    material.shader = "defaultUnlit"
    renderer.scene.add_geometry("mesh", mesh, material)
    renderer.setup_camera(field_of_view, *camera)
    picture = Path(arguments[4]).with_suffix(".png")
    if not o3d.io.write_image(picture, renderer.render_to_image()):
        raise OSError(f"{picture} cannot be written")


def _mesh(name: str) -> o3d.geometry.TriangleMesh:
    mesh = o3d.geometry.TriangleMesh()
    with np.load(name, allow_pickle=False) as file:
        mesh.vertices = o3d.utility.Vector3dVector(file["vertices"])
        mesh.triangles = o3d.utility.Vector3iVector(file["triangles"])
        mesh.vertex_colors = o3d.utility.Vector3dVector(file["colours"])
    return mesh


if __name__ == "__main__":
    main(sys.argv[1:])
