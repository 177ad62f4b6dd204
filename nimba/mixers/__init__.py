"""Mixers: what a block does along the path; Mamba, and the controls that an ablation of it needs.

``MIXERS`` maps the name of each mixer to what it is and which sizes it reads. Every mixer takes tokens (B, L, dim) to
(B, L, dim), gives the same bits on each run on a CPU, and treats each sequence of a batch alone.
"""

from nimba.mixers.create import create_mixer
from nimba.mixers.mamba import Mamba
from nimba.mixers.registry import MIXERS, Mixer

__all__ = ["MIXERS", "Mamba", "Mixer", "create_mixer"]
