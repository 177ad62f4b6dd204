"""Rendering without a display, in a child process: without a Vulkan driver Open3D ends the process that draws."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from nimba.errors import InputError
from nimba.optional import open3d_renderer

TIMEOUT = 120  # seconds; a picture takes one or two


def render(scenes: list[dict[str, np.ndarray]], size: tuple[int, int]) -> list[np.ndarray]:
    """Draw scenes with one camera.

    Args:
        scenes: arrays as ``nimba.viewer.child`` reads them.
        size: width and height of each picture, in pixels.

    Returns:
        a picture for each scene, (height, width, 3) uint8.

    Raises:
        InputError: if Open3D cannot draw here, with the line that mends it.
    """
    with tempfile.TemporaryDirectory(prefix="nimba-") as folder:
        paths = [Path(folder) / f"{number}.npz" for number in range(len(scenes))]
        for path, scene in zip(paths, scenes, strict=True):
            np.savez(path, **scene)  # type: ignore[arg-type]
        command = [sys.executable, "-m", "nimba.viewer.child", *map(str, size), *map(str, paths)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise InputError(f"drawing: no picture after {TIMEOUT} seconds; {_mend()}") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise InputError(f"drawing: Open3D's renderer ended with {done.returncode} ({last[:120]}); {_mend()}")
        return [np.load(path.with_suffix(".npy"), allow_pickle=False) for path in paths]


def _mend() -> str:
    piece = open3d_renderer()
    return f"run `{piece.mend}`" if piece.mend else "`nimba doctor` finds its renderer working: please try again"
