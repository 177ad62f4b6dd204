"""Begin a training with trained weights: all of them but the classifier's head, or that too."""

from dataclasses import dataclass

import torch

from nimba.classifier import NimbaClassifier, load
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class StartSettings:
    """Which weights a training begins with."""

    path: str  # of a checkpoint, a .safetensors file or a run's folder, or a name of nimba.list_models(pretrained=True)
    head: bool = False  # take the classifier's head along, where it knows the classes
    rows: list[int] | None = None  # of the head's last layer, one for each class; None for all, as they are


@torch.no_grad()
def begin_with(network: NimbaClassifier, start: StartSettings) -> None:
    """Give a network the weights of a trained one, in place.

    Args:
        network: of the same kind, but that its head may be of another form.
        start: see ``StartSettings``.

    Raises:
        InputError: for a missing or damaged file, or weights of a network of another kind.
    """
    trained = load(start.path).state_dict()
    wanted = network.state_dict()
    if start.head and start.rows is not None:
        for name in _last_layers(network):
            if not all(0 <= row < len(trained[name]) for row in start.rows):
                raise InputError(f"model.start.rows: {start.path} knows {len(trained[name])} classes, got {start.rows}")
            trained[name] = trained[name][start.rows]
    names = [name for name in wanted if start.head or not name.startswith(_HEADS)]
    missing = next((name for name in names if name not in trained or trained[name].shape != wanted[name].shape), None)
    if missing is not None:
        raise InputError(
            f"model.start.path: {start.path} is no network of this kind ({missing} differs); give model and "
            "model_settings that it was trained with"
        )
    for name in names:
        wanted[name].copy_(trained[name])


def _last_layers(network: NimbaClassifier) -> list[str]:
    """Names of what has a row for each class."""
    last = f"head.{len(network.head) - 1}."
    return [name for name in network.state_dict() if name.startswith(last) or ".classify." in name]


_HEADS = ("head.", "auxiliary.", "coordinates.")
