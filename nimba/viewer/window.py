"""An interactive window, where there is a display."""

import numpy as np
import open3d as o3d

from nimba.errors import InputError
from nimba.optional import display
from nimba.viewer.camera import VIEW, camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.mesh import Mesh, joined
from nimba.viewer.scene import faint_scene, jump_scene, size_of, solid_scene
from nimba.viewer.views import PathView

SIZE = (1400, 800)
SPACING = 1.25  # distance of neighbouring views, in cloud sizes
INSTEAD = "write a picture (--output x.png), a page to turn it in a browser (x.html) or a film (x.mp4) instead"


def open_window(views: list[PathView]) -> None:
    """Show paths side by side in a window until it is closed: drag to turn, scroll to zoom.

    Raises:
        InputError: if there is no display, or it refuses a window.
    """
    if not display().available:
        raise InputError(f"window: there is no display here; {INSTEAD}")
    window = o3d.visualization.Visualizer()
    title = "NIMBA: " + " | ".join(f"{view.title}: {view.summary}" for view in views)
    if not window.create_window(title, *SIZE):
        raise InputError(f"window: the display {display().detail} refuses it; {INSTEAD}")
    try:
        for mesh in window_meshes(views):
            window.add_geometry(_lit(mesh))
        window.get_render_option().mesh_show_back_face = True
        control = window.get_view_control()
        control.set_front(VIEW / np.linalg.norm(VIEW))
        control.set_up([0.0, 1.0, 0.0])
        window.run()
    finally:
        window.destroy_window()


def window_meshes(views: list[PathView]) -> list[Mesh]:
    """A mesh for each path with its cloud, from left to right as the camera sees them."""
    scale = scale_for(views)
    right = camera_for(np.concatenate([views[0].cloud, views[0].path])).right
    meshes = []
    for number, view in enumerate(views):
        behind = [] if view.patches is not None else [faint_scene(view.cloud)]
        mesh = joined([*behind, solid_scene(view, scale.colours(view)), jump_scene(view)])
        meshes.append(mesh._replace(vertices=mesh.vertices + number * SPACING * size_of(view.cloud) * right))
    return meshes


def _lit(mesh: Mesh) -> o3d.geometry.TriangleMesh:
    """Open3D's form of a mesh; the window has lamps of its own."""
    lit = o3d.geometry.TriangleMesh()
    lit.vertices = o3d.utility.Vector3dVector(mesh.vertices)
    lit.triangles = o3d.utility.Vector3iVector(mesh.triangles)
    lit.vertex_normals = o3d.utility.Vector3dVector(mesh.normals)
    lit.vertex_colors = o3d.utility.Vector3dVector(mesh.colours)
    return lit
