"""What there is to know of a network, or of shipped weights, before one is built or loaded."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from nimba.classifier.pretrained import read_spec
from nimba.classifier.registry import create_model, list_models, model_settings
from nimba.classifier.shipped import list_weights, weights_file
from nimba.runtime.choices import require_known


@dataclass(frozen=True)
class ModelInfo:
    """A network, and for weights what they know.

    Args:
        name: that ``nimba.create_model`` or, for weights, ``nimba.load`` takes.
        model: the network's name.
        parameters: how many, with a head for 40 classes or the weights' own.
        settings: all of the network's.
        class_names: of weights; empty for a network without.
        num_points: of the clouds that weights were trained on; None without.
        calibrated: whether probabilities and "unknown" of the weights were fitted.
        file: of the weights; None without.
        bytes: of that file.
        card: what there is to read of the weights; None without.
    """

    name: str
    model: str
    parameters: int
    settings: dict[str, Any] = field(repr=False)
    class_names: tuple[str, ...] = field(default=(), repr=False)
    num_points: int | None = None
    calibrated: bool = False
    file: Path | None = None
    bytes: int | None = None
    card: str | None = field(default=None, repr=False)


def info(name: str) -> ModelInfo:
    """Describe a network of ``nimba.list_models()``, or weights of ``nimba.list_models(pretrained=True)``.

        nimba.info("nimba-robust").parameters

    Nothing is loaded but the description.

    Raises:
        InputError: for an unknown name, with the nearest known one.
    """
    require_known("name", name, [*list_models(), *list_weights()])
    if name in list_models():
        return ModelInfo(name, name, _parameters(name, 40), vars(model_settings(name)))
    file = weights_file(name)
    spec, card = read_spec(file), file.with_suffix(".md")
    return ModelInfo(
        name,
        spec.model,
        _parameters(spec.model, len(spec.class_names), **spec.settings),
        spec.settings,
        tuple(spec.class_names),
        spec.num_points,
        spec.calibration is not None,
        file,
        file.stat().st_size,
        card.read_text(encoding="utf-8") if card.is_file() else None,
    )


def _parameters(model: str, num_classes: int, **settings: Any) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in create_model(model, num_classes, **settings).parameters())
