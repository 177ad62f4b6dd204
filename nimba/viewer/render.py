"""Rendering without a display, in a child process: without a Vulkan driver Open3D ends the process that draws."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.image import imread

from nimba.errors import InputError
from nimba.optional import open3d_renderer
from nimba.viewer.camera import FIELD_OF_VIEW, Camera
from nimba.viewer.mesh import Mesh

CHILD = Path(__file__).with_name("child.py")
TIMEOUT = 180  # seconds; a picture takes a few, on a busy machine many times that
SUPERSAMPLING = 2  # each way, for smooth edges


def render(meshes: list[Mesh], camera: Camera, size: tuple[int, int]) -> list[np.ndarray]:
    """Draw each mesh on white.

    Args:
        meshes: one for each picture.
        camera: the same for all.
        size: width and height of each picture, in pixels.

    Returns:
        a picture for each mesh, (height, width, 3) float in [0, 1].

    Raises:
        InputError: if Open3D cannot draw here, with the line that mends it.
    """
    width, height = size
    with tempfile.TemporaryDirectory(prefix="nimba-") as folder:
        camera_file = Path(folder) / "camera.npz"
        np.savez(camera_file, target=camera.target, eye=camera.eye, up=camera.up)
        files = [Path(folder) / f"{number}.npz" for number in range(len(meshes))]
        for file, mesh in zip(files, meshes, strict=True):
            np.savez(file, vertices=mesh.vertices, triangles=mesh.triangles.astype(np.int32), colours=mesh.colours)
            # A child for each: without a GPU, the second picture of one renderer was seen to take minutes.
            _draw(width * SUPERSAMPLING, height * SUPERSAMPLING, FIELD_OF_VIEW, camera_file, file)
        pictures = [imread(file.with_suffix(".png"))[..., :3] for file in files]
    shape = (height, SUPERSAMPLING, width, SUPERSAMPLING, 3)
    return [picture.reshape(shape).mean((1, 3)) for picture in pictures]  # (height, width, 3)


def _draw(*arguments: object) -> None:
    # -P keeps this package's folder, whose modules have everyday names, off the child's path.
    command = [sys.executable, "-P", str(CHILD), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise InputError(f"drawing: no picture after {TIMEOUT} seconds; {_mend()}") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"drawing: Open3D's renderer ended with {done.returncode} ({last[:120]}); {_mend()}")


def _mend() -> str:
    piece = open3d_renderer()
    return f"run `{piece.mend}`" if piece.mend else "`nimba doctor` finds its renderer working: please try again"
