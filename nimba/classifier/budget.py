"""Memory that building a network may take: the settings in a file ask for it, the tensors in the file answer."""

import os
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from nimba.classifier.settings import ModelSettings
from nimba.runtime.errors import InputError

GATHERED = "NIMBA_MAX_GATHERED"
_MOST_GATHERED = 1 << 20  # points of a cloud, or of its patches together: the largest of our networks has 8,192
_SLACK = 1 << 20  # bytes, for what is no weight
_BY_SHAPE = {torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.full}


class MemoryBudget(TorchFunctionMode):
    """Refuses to build a network whose weights take more memory than a budget, before it is taken.

    Args:
        weights: bytes of the float32 weights that are there.

    Raises:
        InputError: out of the block, where more is asked for.
    """

    def __init__(self, weights: int):
        super().__init__()
        self.left = 3 * weights + _SLACK  # initial values are made in two or three steps

    def __torch_function__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Count what makes tensors, call everything."""
        self.left -= 4 * _items(function, args)
        if self.left < 0:
            raise InputError("its settings ask for a larger network than its weights are of")
        return function(*args, **(kwargs or {}))


def _items(function: Any, args: tuple) -> int:
    """Numbers in the tensor that a call will make."""
    if function in _BY_SHAPE:
        shape = args[0] if isinstance(args[0], list | tuple) else [n for n in args if isinstance(n, int)]
        return prod(shape)
    if function is torch.arange:
        return int(args[-1] if len(args) < 2 else args[1] - args[0])
    if function is Tensor.repeat:
        return args[0].numel() * prod(args[1:])
    return 0


def check_demands(settings: ModelSettings, num_points: int) -> None:
    """Refuse settings that would have a network gather more points of a cloud than any that is known to be of use.

    Raises:
        InputError: naming the setting, the limit, and how to raise it.
    """
    text = os.environ.get(GATHERED, str(_MOST_GATHERED))
    limit = int(text) if text.isdecimal() else _MOST_GATHERED
    for name, wanted in (
        ("num_points", num_points),
        ("num_centres", settings.num_centres * max(settings.scales or (settings.patch_size,))),
        ("support", settings.support * settings.neighbours),
    ):
        if wanted > limit:
            raise InputError(
                f"{name}: would gather {wanted:,} points of each cloud, above the limit of {limit:,}; "
                f"where you trust the file, set {GATHERED}={wanted}"
            )
