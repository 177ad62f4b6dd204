"""Tokens: a cloud becomes N patches around its FPS centres, each encoded into a vector."""

from nimba.tokens.encoder import PatchEncoder
from nimba.tokens.encoders import ENCODERS, create_encoder

__all__ = ["ENCODERS", "PatchEncoder", "create_encoder"]
