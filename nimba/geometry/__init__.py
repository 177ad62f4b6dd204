"""Geometry: sampling (FPS), neighbours (kNN), sorting, codes along curves, and the tree that all parts stand on."""

from nimba.geometry.neighbours import k_nearest
from nimba.geometry.sampling import farthest_point_sampling

__all__ = ["farthest_point_sampling", "k_nearest"]
