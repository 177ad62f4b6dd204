"""An interactive window, where there is a display."""

import ctypes
import os

import numpy as np
import open3d as o3d

from nimba.runtime.errors import InputError
from nimba.runtime.optional import display
from nimba.viewer.camera import VIEW, camera_for
from nimba.viewer.colours import scale_for
from nimba.viewer.mesh import Mesh, joined, shaded
from nimba.viewer.scene import faint_scene, jump_scene, size_of, solid_scene
from nimba.viewer.views import PathView

SIZE = (1400, 800)
ZOOM = 0.4
NARROWER = -40.0  # degrees, from Open3D's 60: little perspective, as in the pictures
SPACING = 1.25  # distance of neighbouring views, in cloud sizes
INSTEAD = "write a picture (--output x.png), a page to turn it in a browser (x.html) or an animation (x.mp4) instead"


def open_window(views: list[PathView]) -> None:
    """Show paths side by side in a window until it is closed: drag to turn, scroll to zoom.

    Raises:
        InputError: if there is no display, or it refuses a window.
    """
    if not display().available:
        raise InputError(f"window: there is no display here; {INSTEAD}")
    if not _answers():
        raise InputError(f"window: the display {display().detail} does not answer; {INSTEAD}")
    window = o3d.visualization.Visualizer()
    title = "NIMBA: " + " | ".join(f"{view.title}: {view.summary}" for view in views)
    if not window.create_window(title, *SIZE):
        raise InputError(f"window: the display {display().detail} refuses it; {INSTEAD}")
    try:
        for mesh in window_meshes(views):
            window.add_geometry(_for_open3d(mesh))
        window.get_render_option().light_on = False  # shades are in the colours
        control = window.get_view_control()
        control.change_field_of_view(NARROWER)
        control.set_front(VIEW / np.linalg.norm(VIEW))
        control.set_up([0.0, 1.0, 0.0])
        control.set_zoom(ZOOM)
        window.run()
    finally:
        window.destroy_window()


def _answers() -> bool:
    """Whether the display can be reached: where it cannot, Open3D would draw for ever where nobody sees it."""
    if os.environ.get("WAYLAND_DISPLAY"):
        return True
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(None)
    if connection:
        x11.XCloseDisplay(connection)
    return bool(connection)


def window_meshes(views: list[PathView]) -> list[Mesh]:
    """A mesh for each path with its cloud, from left to right as the camera sees them."""
    scale = scale_for(views)
    camera = camera_for(np.concatenate([views[0].cloud, views[0].path]))
    meshes = []
    for number, view in enumerate(views):
        behind = [] if view.patches is not None else [faint_scene(view.cloud)]
        mesh = joined([*behind, shaded(solid_scene(view, scale.colours(view)), camera), jump_scene(view)])
        meshes.append(mesh._replace(vertices=mesh.vertices + number * SPACING * size_of(view.cloud) * camera.right))
    return meshes


def _for_open3d(mesh: Mesh) -> o3d.geometry.TriangleMesh:
    converted = o3d.geometry.TriangleMesh()
    converted.vertices = o3d.utility.Vector3dVector(mesh.vertices)
    converted.triangles = o3d.utility.Vector3iVector(mesh.triangles)
    converted.vertex_colors = o3d.utility.Vector3dVector(mesh.colours)
    return converted
