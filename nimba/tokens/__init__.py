"""Tokens: a cloud becomes N patches around its FPS centres, each encoded into a vector."""

from nimba.tokens.encoder import PatchEncoder
from nimba.tokens.encoders import ENCODERS, create_encoder
from nimba.tokens.neighbours import k_nearest
from nimba.tokens.sampling import farthest_point_sampling

__all__ = ["ENCODERS", "PatchEncoder", "create_encoder", "farthest_point_sampling", "k_nearest"]
