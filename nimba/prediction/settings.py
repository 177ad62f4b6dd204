"""How to predict."""

from dataclasses import dataclass
from typing import Literal

from nimba.inference.decide import Decider
from nimba.inference.network import Network
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class PredictionSettings:
    """How to predict.

    Args:
        up: the files' up axis; "auto" finds it, with a vote of the folder's first clouds.
        top: classes to keep of each file.
        batch_size: files to classify together.
        workers: processes, a core each, that share the files out; 0 to do all in this one.
        turns: sides that each cloud is looked at from, 4 or 1; None for what suits the weights.

    Raises:
        InputError: a number out of its range.
    """

    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto"
    top: int = 5
    batch_size: int = 64
    workers: int = 0
    turns: Literal[1, 4] | None = None

    def __post_init__(self) -> None:
        for name, least in (("top", 1), ("batch_size", 1), ("workers", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name}: must be at least {least}, got {getattr(self, name)}")

    def decider(self, model: Network) -> Decider:
        """What decides about the clouds."""
        return Decider(model, up=self.up, turns=self.turns)
