"""Networks by name, in timm's manner: ``create_model("nimba_base", num_classes=15)``."""

import fnmatch
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from nimba.classifier.network import NimbaClassifier
from nimba.classifier.settings import ModelSettings
from nimba.classifier.shipped import list_weights
from nimba.classifier.spec import ClassifierSpec
from nimba.runtime.choices import nearest
from nimba.runtime.errors import InputError

_MODELS: dict[str, Callable[..., ModelSettings]] = {}


def register_model(variant: Callable[..., ModelSettings]) -> Callable[..., ModelSettings]:
    """Register a function that returns a variant's settings, under the function's name."""
    _MODELS[variant.__name__] = variant
    return variant


def list_models(pattern: str = "*", pretrained: bool = False) -> list[str]:
    """Names of the registered models that match a shell pattern, sorted; of trained weights where ``pretrained``."""
    return sorted(fnmatch.filter(list_weights() if pretrained else _MODELS, pattern))


def create_model(name: str, num_classes: int = 40, **settings: Any) -> NimbaClassifier:
    """Build a network with fresh weights.

    Args:
        name: one of ``list_models()``.
        num_classes: width of the logits.
        **settings: fields of ``ModelSettings`` that differ from the variant's.

    Raises:
        InputError: for an unknown name or setting, with the nearest known one, or a setting out of range.
    """
    chosen = model_settings(name, **settings)
    if num_classes < 1:
        raise InputError(f"num_classes: must be at least 1, got {num_classes}")
    return NimbaClassifier(num_classes, chosen)


def create_from_spec(spec: ClassifierSpec) -> NimbaClassifier:
    """The network that a file of weights describes, with fresh weights; errors as for ``create_model``."""
    return create_model(spec.model, num_classes=len(spec.class_names), **spec.settings)


def model_settings(name: str, **settings: Any) -> ModelSettings:
    """All settings of a network by name; arguments and errors as for ``create_model``, but nothing is built."""
    if name not in _MODELS:
        raise InputError(f"model: no model is called {name!r}; {_nearest(name, list_models())}")
    known = [field.name for field in fields(ModelSettings)]
    for key in settings:
        if key not in known:
            raise InputError(f"model settings: {name} has no setting {key!r}; {_nearest(key, known)}")
    return _MODELS[name](**settings)


def _nearest(name: str, known: list[str]) -> str:
    return nearest(name, known).removeprefix("; ") or f"known: {', '.join(known)}"


@register_model
def nimba_tiny(**settings: Any) -> ModelSettings:
    """For demonstrations: trains in minutes on a laptop's CPU."""
    variant: dict[str, Any] = {
        "num_centres": 48,
        "patch_size": 24,
        "encoder_channels": (32, 48, 64),
        "dim": 64,
        "depth": 3,
        "d_state": 8,
        "head_dim": 16,
        "head_channels": (64, 64),
        "head_dropout": 0.2,
    }
    return ModelSettings(**(variant | settings))


@register_model
def nimba_small(**settings: Any) -> ModelSettings:
    """For CPUs: learns ModelNet40 on two cores in about an hour."""
    variant: dict[str, Any] = {
        "patch_size": 24,
        "encoder_channels": (32, 64, 128),
        "dim": 128,
        "depth": 4,
        "d_state": 8,
        "head_dim": 32,
    }
    return ModelSettings(**(variant | settings))


@register_model
def nimba_base(**settings: Any) -> ModelSettings:
    """The paper's network: 12.2 million parameters."""
    return ModelSettings(**settings)


@register_model
def nimba_large(**settings: Any) -> ModelSettings:
    """The paper's second size: 24 blocks."""
    return ModelSettings(**({"depth": 24} | settings))


@register_model
def nimba_light(**settings: Any) -> ModelSettings:
    """For CPUs, at nimba_small's cost: tokens made in two stages, so that each knows more of what is around it.

    A patch is 16 points of a support of 192, each of which tells of its own neighbourhood: of 1024 points it spans some
    85, where nimba_small's are 24.
    """
    variant: dict[str, Any] = {
        "num_centres": 48,
        "patch_size": 16,
        "encoder": "hierarchical",
        "encoder_channels": (16, 64, 96),
        "encoder_depth": 2,
        "support": 192,
        "neighbours": 16,
        "dim": 128,
        "depth": 4,
        "d_state": 8,
        "head_dim": 32,
        "pooling": "mean_max",
    }
    return ModelSettings(**(variant | settings))


@register_model
def nimba_dense_s(**settings: Any) -> ModelSettings:
    """For accuracy on CPUs: dense local stages in front of the path, 1.3 million parameters."""
    variant: dict[str, Any] = {
        "encoder": "dense",
        "encoder_channels": (32, 64, 128),
        "encoder_depth": 2,
        "stages": (512, 256),
        "neighbours": 16,
        "dim": 128,
        "depth": 4,
        "d_state": 8,
        "head_dim": 32,
        "token_neighbours": 8,
        "positional_embedding": True,
        "readout": 512,
        "pooling": "max_mean_last",
        "head_channels": (256,),
    }
    return ModelSettings(**(variant | settings))


@register_model
def nimba_dense_m(**settings: Any) -> ModelSettings:
    """nimba_dense_s on all of 1024 points and a quarter wider, at about twice its cost."""
    return nimba_dense_s(**({"encoder_channels": (48, 96, 160), "stages": (1024, 256), "dim": 160} | settings))


@register_model
def nimba_dense_l(**settings: Any) -> ModelSettings:
    """nimba_dense_s half as wide again, in widths that suit a GPU's units: 2.5 million parameters."""
    return nimba_dense_s(**({"encoder_channels": (64, 128, 192), "dim": 192} | settings))


@register_model
def nimba_best(**settings: Any) -> ModelSettings:
    """For a GPU and a long training: the paper's path and blocks at its size, with tokens made in two stages."""
    variant: dict[str, Any] = {
        "encoder": "hierarchical",
        "encoder_channels": (48, 96, 256),
        "encoder_depth": 2,
        "support": 512,
        "neighbours": 24,
        "pooling": "mean_max",
    }
    return ModelSettings(**(variant | settings))


@register_model
def pointmamba(**settings: Any) -> ModelSettings:
    """PointMamba (arXiv 2402.10739): two Hilbert curves one behind the other, each with a scale and a shift."""
    variant: dict[str, Any] = {
        "order": "hilbert_both",
        "bits": None,
        "order_indicator": True,
        "positional_embedding": True,
        "final_norms": 1,
    }
    return ModelSettings(**(variant | settings))


@register_model
def pointmamba_axes(**settings: Any) -> ModelSettings:
    """PointMamba as first published: the centres sorted along x, then along y, then along z."""
    variant: dict[str, Any] = {"order": "three_axes", "positional_embedding": True}
    return ModelSettings(**(variant | settings))
