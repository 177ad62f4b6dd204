"""The registry of mixers: each a module that mixes tokens along the path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from torch import nn

from nimba.mixers.mamba import Mamba

Class = TypeVar("Class", bound=type[nn.Module])


@dataclass(frozen=True)
class Mixer:
    """One mixer that a network's blocks may hold."""

    name: str
    build: Callable[..., nn.Module]  # (dim, one keyword for each of ``parameters``) -> (B, L, dim) -> (B, L, dim)
    summary: str  # one line: the docstring's first
    parameters: tuple[str, ...]  # sizes that it reads


MIXERS: dict[str, Mixer] = {}


def register(name: str, *parameters: str) -> Callable[[Class], Class]:
    """Register a module class as the mixer ``name``, whose constructor takes dim and ``parameters``."""

    def add(module: Class) -> Class:
        summary = (module.__doc__ or "").strip().split("\n")[0]
        MIXERS[name] = Mixer(name, module, summary, parameters)
        return module

    return add


register("mamba", "d_state", "d_conv", "expand")(Mamba)
