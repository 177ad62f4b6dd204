"""Draws scenes with Open3D: ``python -m nimba.viewer.child WIDTH HEIGHT SCENE.npz...``, for ``nimba.viewer.render``.

A scene holds balls (``centres`` (N, 3), ``radii`` (N,), ``ball_colours`` (N, 3)) and tubes (``starts`` and ``ends``
(M, 3), ``tube_radii`` (M,), ``tube_colours`` (M, 3)); its picture is written beside it as .npy.
"""

import sys
from pathlib import Path

import numpy as np
import open3d as o3d
from open3d.visualization import rendering

VIEW = np.array([0.62, 0.42, 1.0])  # from the front, a little from the right and from above; y is up
FIELD_OF_VIEW = 30.0  # degrees, vertical
DITHER = 3  # the renderer scatters a plain colour by so much


def main(arguments: list[str]) -> None:
    """Draw all scenes with the camera that fits the first."""
    width, height = map(int, arguments[:2])
    scenes = []
    for name in arguments[2:]:
        with np.load(name, allow_pickle=False) as file:
            scenes.append({key: file[key] for key in file.files})
    # Meshes first: built beside a living renderer, the same picture was seen to take minutes instead of seconds.
    meshes = [mesh_of(scene) for scene in scenes]
    camera = look_at(scenes[0]["centres"], width / height)
    renderer = rendering.OffscreenRenderer(width, height)
    renderer.scene.set_background([1.0, 1.0, 1.0, 1.0])
    for name, mesh in zip(arguments[2:], meshes, strict=True):
        renderer.scene.clear_geometry()
        renderer.scene.add_geometry("scene", mesh, material())
        renderer.setup_camera(FIELD_OF_VIEW, *camera)
        picture = np.array(renderer.render_to_image())  # (height, width, 3)
        # Tone mapping turns the white background into a cream: what no surface covers becomes white again.
        background = np.abs(picture.astype(int) - picture[0, 0]).max(2) <= DITHER  # (height, width)
        picture[background] = 255
        np.save(Path(name).with_suffix(".npy"), picture)


def look_at(points: np.ndarray, aspect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Target, eye and up of a camera whose picture holds all points, y up."""
    middle = (points.min(0) + points.max(0)) / 2
    view = VIEW / np.linalg.norm(VIEW)
    right = np.cross([0.0, 1.0, 0.0], view)
    right /= np.linalg.norm(right)
    upward = np.cross(view, right)
    across, along, toward = ((points - middle) @ axis for axis in (right, upward, view))
    slope = np.tan(np.radians(FIELD_OF_VIEW / 2))
    needed = np.maximum(np.abs(along), np.abs(across) / aspect) / slope + toward
    distance = 1.08 * max(needed.max(), 1e-3)
    return middle, middle + distance * view, upward


def mesh_of(scene: dict[str, np.ndarray]) -> o3d.geometry.TriangleMesh:
    """All balls and tubes as one coloured mesh."""
    ball = o3d.geometry.TriangleMesh.create_sphere(1.0, resolution=8)
    tube = o3d.geometry.TriangleMesh.create_cylinder(1.0, 1.0, resolution=12, split=1)
    parts = [
        _placed(ball, _balls(scene["centres"], scene["radii"]), scene["ball_colours"]),
        _placed(tube, _tubes(scene["starts"], scene["ends"], scene["tube_radii"]), scene["tube_colours"]),
    ]
    mesh = parts[0] + parts[1]
    mesh.compute_vertex_normals()
    return mesh


def _placed(shape: o3d.geometry.TriangleMesh, frames: np.ndarray, colours: np.ndarray) -> o3d.geometry.TriangleMesh:
    """Copies of a shape under affine maps (M, 3, 4), each in one colour."""
    vertices, triangles = np.asarray(shape.vertices), np.asarray(shape.triangles)
    placed = np.einsum("mij,vj->mvi", frames[:, :, :3], vertices) + frames[:, None, :, 3]  # (M, V, 3)
    shifts = len(vertices) * np.arange(len(frames))[:, None, None]
    mesh = o3d.geometry.TriangleMesh()
    mesh.vertices = o3d.utility.Vector3dVector(placed.reshape(-1, 3))
    mesh.triangles = o3d.utility.Vector3iVector((triangles + shifts).reshape(-1, 3))
    mesh.vertex_colors = o3d.utility.Vector3dVector(np.repeat(colours, len(vertices), 0))
    return mesh


def _balls(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    return np.concatenate([radii[:, None, None] * np.eye(3), centres[:, :, None]], 2)  # (N, 3, 4)


def _tubes(starts: np.ndarray, ends: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Maps from the unit cylinder along z onto each tube: (M, 3, 4)."""
    axis = ends - starts  # (M, 3)
    length = np.linalg.norm(axis, axis=1, keepdims=True)
    direction = np.where(length > 0, axis / np.maximum(length, 1e-12), [0.0, 0.0, 1.0])
    helper = np.where(np.abs(direction[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    side = np.cross(direction, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    columns = [side * radii[:, None], np.cross(direction, side) * radii[:, None], axis, (starts + ends) / 2]
    return np.stack(columns, 2)  # (M, 3, 4)


def material() -> rendering.MaterialRecord:
    """Matt, lit."""
    record = rendering.MaterialRecord()
    record.shader = "defaultLit"
    record.base_roughness = 0.7
    record.base_reflectance = 0.2
    return record


if __name__ == "__main__":
    main(sys.argv[1:])
