"""Saved classifiers: shipped weights, a .safetensors file, a training checkpoint (.ckpt) or PointMamba's (.pth)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nimba.classifier import pointmamba_layout
from nimba.classifier.budget import MemoryBudget, check_demands
from nimba.classifier.checkpoint_file import check_checkpoint
from nimba.classifier.network import NimbaClassifier
from nimba.classifier.registry import create_from_spec, model_settings
from nimba.classifier.shipped import list_weights, weights_file
from nimba.classifier.spec import ClassifierSpec
from nimba.inference.familiarity import Familiarity
from nimba.runtime.errors import InputError, first_line
from nimba.runtime.files import atomic_write

DEFAULT_WEIGHTS = "nimba-scales-modelnet40"
WEIGHTS = "weights.safetensors"  # the file's name where a folder holds one classifier
OF_A_RUN = (WEIGHTS, "last.ckpt")  # what is loaded of a run's folder
POSE_WEIGHTS = "pose/nimba-pose"
_METADATA_KEY = "nimba"


def load(name_or_checkpoint: str | Path | None = None) -> NimbaClassifier:
    """A trained classifier, in evaluation mode on the CPU, with its ``ClassifierSpec`` at ``.spec``.

    Args:
        name_or_checkpoint: one of ``list_weights()``, the path of a .safetensors file that ``save_weights`` wrote, or
            that of a training checkpoint or of a run's folder, or of a checkpoint of PointMamba's published code, see
            ``nimba.classifier.pointmamba``; None for the default weights.

    Raises:
        InputError: for an unknown name, a missing or damaged file, a checkpoint of another model, or a description
            that does not fit the weights beside it.
    """
    path = _find(DEFAULT_WEIGHTS if name_or_checkpoint is None else name_or_checkpoint)
    read = _read_safetensors if path.suffix == ".safetensors" else _read_checkpoint
    return assemble(path, *read(path))


def assemble(path: Path, spec: ClassifierSpec, weights: dict[str, Tensor]) -> NimbaClassifier:
    """The classifier that a file holds, ready to use; errors name the file."""
    try:
        familiarity = Familiarity.take_from(weights, len(spec.class_names))
        model = _build(spec, weights)
        if familiarity is not None:
            familiarity.check([model.settings.dim] * min(2, 1 + model.settings.depth))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    model.spec, model.familiarity, model.pose_network = spec, familiarity, pose_network
    return model.eval()


@cache
def pose_network() -> NimbaClassifier:
    """The network that tells which axis of a cloud is up, and which way it faces; its classes are poses."""
    return load(POSE_WEIGHTS)


def _build(spec: ClassifierSpec, weights: dict[str, Tensor]) -> NimbaClassifier:
    """The network of a description with weights, if they fit; no more memory is taken than the weights answer for."""
    check_demands(model_settings(spec.model, **spec.settings), spec.num_points)
    inference = replace(spec, settings={**spec.settings, "drop_path": 0.0})
    with MemoryBudget(4 * sum(weight.numel() for weight in weights.values())):
        model = create_from_spec(inference)
    _check_weights(spec.model, {name: tuple(t.shape) for name, t in model.state_dict().items()}, weights)
    model.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in weights.items()})
    return model


def _check_weights(model: str, wanted: dict[str, tuple[int, ...]], weights: dict[str, Tensor]) -> None:
    differing = wanted.keys() ^ weights.keys()
    if differing:
        name = min(differing)
        what = f"{name} is missing" if name in wanted else f"it has no {name}"
        raise InputError(f"the weights are not those of {model}: {what} ({len(differing)} names differ)")
    for name, shape in wanted.items():
        if tuple(weights[name].shape) != shape:
            found = tuple(weights[name].shape)
            raise InputError(f"the weights are not those of {model}: {name} has shape {found}, not {shape}")
        # A sum is quicker than a look at each number, and finite only if all are; it may overflow where they are not.
        if not weights[name].float().sum().isfinite() and not weights[name].isfinite().all():
            raise InputError(f"{name}: holds NaN or infinity; the training diverged, or the file is damaged")


def save_weights(model: NimbaClassifier, spec: ClassifierSpec, path: Path, dtype: torch.dtype = torch.float16) -> None:
    """Write weights, floating-point ones in ``dtype``, and description as safetensors; whole or not at all.

    What the model knows of its training clouds (``model.familiarity``) goes along, in full precision.
    """
    tensors = {
        name: (t.to(dtype) if t.is_floating_point() else t).contiguous() for name, t in model.state_dict().items()
    }
    if model.familiarity is not None:
        tensors |= model.familiarity.to_tensors()
    metadata = {_METADATA_KEY: json.dumps(spec.to_dict())}
    # Not by safetensors' save_file, which leaves a file that its owner alone can read.
    atomic_write(path, lambda partial: partial.write_bytes(save(tensors, metadata=metadata)))


def read_spec(path: Path) -> ClassifierSpec:
    """The description in a file of weights, without the weights.

    Raises:
        InputError: if it is not readable, or describes no classifier.
    """
    with _opened(path) as file:
        return _spec_of(file, path)


def _find(name_or_checkpoint: str | Path) -> Path:
    shipped = weights_file(str(name_or_checkpoint))
    if shipped.is_file():
        return shipped
    path = Path(name_or_checkpoint)
    if path.is_dir():
        found = next((path / name for name in OF_A_RUN if (path / name).is_file()), None)
        if found is None:
            raise InputError(f"{path}: holds no {' and no '.join(OF_A_RUN)}; give the folder of a run that has ended")
        return found
    if not path.is_file():
        names = ", ".join(list_weights()) or "none, the package is incomplete; install it anew"
        raise InputError(f"{name_or_checkpoint}: neither weights of this package ({names}) nor a file; check the path")
    return path


def _read_safetensors(path: Path) -> tuple[ClassifierSpec, dict[str, Tensor]]:
    with _opened(path) as file:
        spec = _spec_of(file, path)
        return spec, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file; one that is not readable is one line."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except InputError:
        raise
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        what = first_line(error)[:200]
        raise InputError(f"{path}: not a readable safetensors file ({what}); download or copy it anew") from None


def _spec_of(file: Any, path: Path) -> ClassifierSpec:
    description = json.loads((file.metadata() or {}).get(_METADATA_KEY, "null"))
    return ClassifierSpec.from_dict(description, str(path))


def _read_checkpoint(path: Path) -> tuple[ClassifierSpec, dict[str, Tensor]]:
    checkpoint = read_checkpoint(path)
    try:
        published = pointmamba_layout.find_state(checkpoint)
        if published is not None:
            return pointmamba_layout.describe(published), pointmamba_layout.rename(published)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    spec = ClassifierSpec.from_dict(checkpoint.get("nimba"), str(path))
    state = checkpoint.get("state_dict")
    if not isinstance(state, dict) or not all(isinstance(part, Tensor) for part in state.values()):
        raise InputError(f"{path}: holds no weights; was it written by train.py?")
    prefix = "model."
    weights = {name.removeprefix(prefix): t for name, t in state.items() if str(name).startswith(prefix)}
    known = checkpoint.get("familiarity", {})
    if not isinstance(known, dict) or not all(isinstance(part, Tensor) for part in known.values()):
        raise InputError(f"{path}: holds no weights; was it written by train.py?")
    return spec, weights | known


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a training checkpoint: no code of it is run, and no more memory taken than the file is large.

    Raises:
        InputError: if the file is missing, damaged, or holds anything but tensors and plain types.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such checkpoint; give the path of a .ckpt file that train.py wrote")
    check_checkpoint(path)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch's complaint would tell the user to read the file unsafely
        raise InputError(f"{path}: a damaged checkpoint; copy it anew, or use another one") from None
    if not isinstance(checkpoint, dict):
        raise InputError(f"{path}: not a training checkpoint; was it written by train.py?")
    return checkpoint
