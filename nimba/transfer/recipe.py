"""From what a data set is to how it is trained on: points, batch, epochs, augmentation, weights of classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nimba.classifier import load
from nimba.classifier.registry import model_settings
from nimba.inference.fitting import FEWEST
from nimba.transfer.choose_start import rows_of
from nimba.transfer.facts import Facts
from nimba.transfer.request import AUTO, NONE, Request

FRESH = "nimba_small"  # the network that is trained from nothing
_LOOKS = 12_000  # at training clouds, that a fine-tuning takes about
_LOOKS_OF_FRESH = 24_000
_EPOCHS = (8, 40)
_EPOCHS_OF_FRESH = (20, 120)
_FEW_POINTS = 640  # of the median cloud, below which half as many are read
_UNBALANCED = 3.0
_DROPOUT = 0.2
_VALIDATION = 0.15
_TO_SPARE = 8  # clouds of the smallest class, from which on some of each are for validation


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Args:
        start: name or path of the weights to begin with; None for fresh ones.
        rows: of these weights' head, which are the classes; None where it does not know all of them, and goes.
        model: name of the network.
        settings: fields of ``ModelSettings`` that differ from the named network's.
        points: of a cloud.
        batch_size: clouds an update.
        epochs: after the head was fitted.
        lr: highest rate.
        val_fraction: of train.
        class_weights: in the loss; None for all alike.
        augmentation: "strong", "light" or "none".
    """

    start: str | None
    rows: list[int] | None
    model: str
    settings: dict[str, Any]
    points: int
    batch_size: int
    epochs: int
    lr: float
    val_fraction: float
    class_weights: list[float] | None
    augmentation: str


def choose_recipe(facts: Facts, request: Request, start: str, val_fraction: float) -> Recipe:
    """What suits the data, but for what the request says itself.

    Args:
        facts: of the training split.
        request: what was asked for.
        start: the weights to begin with, or "none".
        val_fraction: of train.
    """
    fresh = start == NONE
    model, settings = FRESH, {"positional_embedding": True, "head_dropout": 0.2}
    rows: list[int] | None = None
    if not fresh:
        spec = load(start).spec
        assert spec is not None
        rows = rows_of(facts.class_names, spec)
        head = spec.settings["head_channels"] if rows else []  # a linear one, that can be solved for
        named = vars(model_settings(spec.model))
        wanted = {**spec.settings, "head_channels": head, "auxiliary_depths": [], "coordinate_heads": False}
        # A fitted layer was fitted to whole features, which are nowhere near zero: it could not do without some.
        wanted |= {"head_dropout": _DROPOUT if rows else 0.0, "drop_path": 0.0}
        settings = {key: value for key, value in wanted.items() if _plain(named[key]) != _plain(value)}
        model = spec.model
    low, high = _EPOCHS_OF_FRESH if fresh else _EPOCHS
    epochs = int(np.clip(round((_LOOKS_OF_FRESH if fresh else _LOOKS) / max(1, facts.clouds)), low, high))
    batch_size = request.batch_size or (8 if facts.clouds < 80 else 16 if facts.clouds < 1000 else 32)
    return Recipe(
        start=None if fresh else start,
        rows=rows,
        model=model,
        settings={key: _plain(value) for key, value in settings.items()},
        points=request.points or (512 if facts.median_points < _FEW_POINTS else 1024),
        batch_size=max(2, min(batch_size, facts.clouds // 2)),
        epochs=epochs if request.epochs is None else request.epochs,
        lr=request.lr or (1e-3 if fresh else 2e-4),
        val_fraction=val_fraction,
        class_weights=_class_weights(facts),
        augmentation="strong" if request.augment == AUTO else request.augment,
    )


def validation_share(request: Request, counts: np.ndarray, brings_one: bool) -> float:
    """The share of train that is kept for validation: none where every cloud is needed."""
    if brings_one:
        return 0.0
    if request.val_fraction is not None:
        return request.val_fraction
    enough = counts.min() >= _TO_SPARE and _VALIDATION * counts.sum() >= FEWEST
    return _VALIDATION if enough else 0.0


def transforms(augmentation: str) -> list[dict[str, Any]]:
    """Augmentations of training clouds, as a config names them."""
    ours = "nimba.datasets.transforms."
    turn = {"class_path": "torch_geometric.transforms.RandomRotate", "init_args": {"degrees": 180, "axis": 1}}
    scale = {"class_path": ours + "RandomScale", "init_args": {"low": 0.8, "high": 1.25}}
    shift = {"class_path": ours + "RandomShift", "init_args": {"extent": 0.1}}
    jitter = {"class_path": ours + "ClippedJitter", "init_args": {"sigma": 0.005, "clip": 0.02}}
    return {"none": [], "light": [scale, shift], "strong": [turn, scale, shift, jitter]}[augmentation]


def _class_weights(facts: Facts) -> list[float] | None:
    """The root of how rare a class is, of mean 1 over the clouds: halfway to all classes alike."""
    if facts.imbalance < _UNBALANCED:
        return None
    rare = np.sqrt(facts.clouds / np.maximum(1, facts.counts))
    return [round(float(weight), 4) for weight in rare / np.average(rare, weights=facts.counts)]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
