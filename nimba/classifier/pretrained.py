"""Saved classifiers: the weights shipped with the package, a .safetensors file, or a training checkpoint (.ckpt)."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nimba.classifier.network import NimbaClassifier
from nimba.classifier.registry import create_from_spec
from nimba.classifier.spec import ClassifierSpec
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write

DEFAULT_WEIGHTS = "nimba-scales-modelnet40"
_METADATA_KEY = "nimba"


def list_weights() -> list[str]:
    """Names of the weights that come with the package."""
    return sorted(path.stem for path in _shipped().glob("*.safetensors"))


def load(name_or_checkpoint: str | Path | None = None) -> NimbaClassifier:
    """A trained classifier, in evaluation mode on the CPU, with its ``ClassifierSpec`` at ``.spec``.

    Args:
        name_or_checkpoint: one of ``list_weights()``, the path of a .safetensors file that ``save_weights`` wrote, or
            that of a training checkpoint; None for the default weights.

    Raises:
        InputError: for an unknown name, a missing or damaged file, or a checkpoint of another model.
    """
    path = _find(DEFAULT_WEIGHTS if name_or_checkpoint is None else name_or_checkpoint)
    read = _read_safetensors if path.suffix == ".safetensors" else _read_checkpoint
    spec, weights = read(path)
    inference = ClassifierSpec(**{**spec.to_dict(), "settings": {**spec.settings, "drop_path": 0.0}})
    model = create_from_spec(inference)
    try:
        model.load_state_dict(
            {name: weight.float() if weight.is_floating_point() else weight for name, weight in weights.items()}
        )
    except RuntimeError as error:
        what = str(error).replace("\n", " ")[:300]
        raise InputError(f"{path}: the weights are not those of {spec.model}; {what}") from None
    model.spec = spec
    return model.eval()


def save_weights(model: NimbaClassifier, spec: ClassifierSpec, path: Path, dtype: torch.dtype = torch.float16) -> None:
    """Write weights, floating-point ones in ``dtype``, and description as safetensors; whole or not at all."""
    tensors = {
        name: (t.to(dtype) if t.is_floating_point() else t).contiguous() for name, t in model.state_dict().items()
    }
    metadata = {_METADATA_KEY: json.dumps(spec.to_dict())}
    # Not by safetensors' save_file, which leaves a file that its owner alone can read.
    atomic_write(path, lambda partial: partial.write_bytes(save(tensors, metadata=metadata)))


def _shipped() -> Path:
    return Path(str(files("nimba") / "weights"))


def _find(name_or_checkpoint: str | Path) -> Path:
    shipped = _shipped() / f"{name_or_checkpoint}.safetensors"
    if shipped.is_file():
        return shipped
    path = Path(name_or_checkpoint)
    if not path.is_file():
        names = ", ".join(list_weights()) or "none, the package is incomplete; install it anew"
        raise InputError(f"{name_or_checkpoint}: neither weights of this package ({names}) nor a file; check the path")
    return path


def _read_safetensors(path: Path) -> tuple[ClassifierSpec, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {}).get(_METADATA_KEY, "null"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error}); download or copy it anew") from None
    return ClassifierSpec.from_dict(description, str(path)), weights


def _read_checkpoint(path: Path) -> tuple[ClassifierSpec, dict[str, Tensor]]:
    checkpoint = read_checkpoint(path)
    spec = ClassifierSpec.from_dict(checkpoint.get("nimba"), str(path))
    prefix = "model."
    weights = {
        name.removeprefix(prefix): weight
        for name, weight in checkpoint.get("state_dict", {}).items()
        if name.startswith(prefix)
    }
    return spec, weights


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a training checkpoint without unpickling code.

    Raises:
        InputError: if the file is missing, damaged, or holds anything but tensors and plain types.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such checkpoint; give the path of a .ckpt file that train.py wrote")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what the damage led to: UnpicklingError, RuntimeError, EOFError, ...
        what = str(error).split("\n", 1)[0]
        raise InputError(f"{path}: not a readable checkpoint ({what}); was it written by train.py?") from None
    if not isinstance(checkpoint, dict):
        raise InputError(f"{path}: not a training checkpoint; was it written by train.py?")
    return checkpoint
