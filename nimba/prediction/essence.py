"""What all rows of an output have in common: kept beside them, so that no others are mixed with them."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import torch

from nimba.classifier import NimbaClassifier
from nimba.prediction.settings import PredictionSettings
from nimba.runtime.errors import InputError

SETTINGS = "settings.json"
Engine = Literal["processes", "ray"]


def essence_of(
    model: NimbaClassifier, origin: str | Path, settings: PredictionSettings, engine: Engine
) -> dict[str, Any]:
    """The engine, the clouds' origin, the weights and the settings that change what is said of a cloud."""
    assert model.spec is not None
    digest = hashlib.sha256(json.dumps(model.spec.to_dict(), sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    stored = {"up": settings.up, "turns": settings.turns, "top": settings.top}
    return {"engine": engine, "folder": str(origin), "weights": digest.hexdigest(), **stored}


def check_essence(there: dict[str, Any], essence: dict[str, Any], output: str | Path) -> None:
    """Refuse an output of other predictions.

    Raises:
        InputError: naming what differs.
    """
    there = {"engine": "processes", **there}  # earlier versions had no other
    for key, value in essence.items():
        if there.get(key) != value:
            raise InputError(
                f"{output}: holds predictions with another {key} ({there.get(key)}, not {value}); "
                "choose another --output, or the same settings to resume"
            )
