"""Tokens: a cloud becomes N patches around its FPS centres, each encoded into a vector."""

from nimba.tokens.encoder import PatchEncoder
from nimba.tokens.neighbours import k_nearest
from nimba.tokens.sampling import farthest_point_sampling

__all__ = ["PatchEncoder", "farthest_point_sampling", "k_nearest"]
