"""Scenes: a scan of several things, taken apart into floor, walls and things; the ground under a single thing.

split_scene(points) ─ thin ─ up and floor ─ walls ─ pieces ─ things ─ what stands on tables ─> Scene
"""

from nimba.scenes.ground import take_off_ground
from nimba.scenes.labelled_ply import write_labelled_ply
from nimba.scenes.scene import Box, Plane, Scene, SceneObject
from nimba.scenes.settings import SceneSettings
from nimba.scenes.several import looks_like_scene
from nimba.scenes.smoothing import smoothed
from nimba.scenes.split import split_scene

__all__ = [
    "Box",
    "Plane",
    "Scene",
    "SceneObject",
    "SceneSettings",
    "looks_like_scene",
    "smoothed",
    "split_scene",
    "take_off_ground",
    "write_labelled_ply",
]
