"""How PointMamba's published code names its weights (github.com/LMD0311/PointMamba), and what they are called here.

The code has two branches. The first sorts the centres along x, y and z; "main" joins a Hilbert curve and its transposed
one, with a scale and a shift for each (``OrderScale_*``), and leaves out the second norm behind the blocks. Which one a
file is of shows in its names.
"""

import re
from dataclasses import asdict
from typing import Any

from torch import Tensor

from nimba.classifier.registry import model_settings
from nimba.classifier.spec import ClassifierSpec
from nimba.clouds.pose import Frame
from nimba.datasets.modelnet40_form import MODELNET40_CLASSES
from nimba.datasets.scanobjectnn_form import SCANOBJECTNN_CLASSES
from nimba.runtime.errors import InputError
from nimba.runtime.version import VERSION

State = dict[str, Tensor]
_HOLDERS = ("base_model", "model", "state_dict")  # keys of a checkpoint under which the weights may be
_PREFIXES = ("module.", "base_model.", "model.", "MAE_encoder.")  # of wrappers around the network
_MATRIX, _LINEAR = ("weight",), ("weight", "bias")
_BATCH_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
_ENCODER = {
    "encoder.first_conv.0": ("encoder.lift", _LINEAR),
    "encoder.first_conv.1": ("encoder.lift_norm", _BATCH_NORM),
    "encoder.first_conv.3": ("encoder.local", _LINEAR),
    "encoder.second_conv.0": ("encoder.mix", _LINEAR),
    "encoder.second_conv.1": ("encoder.mix_norm", _BATCH_NORM),
    "encoder.second_conv.3": ("encoder.project", _LINEAR),
}
_AROUND = {
    **{f"pos_embed.{i}": (f"position.{i}", _LINEAR) for i in (0, 2)},
    **{f"cls_head_finetune.{i}": (f"head.{i}", _LINEAR) for i in (0, 4, 8)},
    **{f"cls_head_finetune.{i}": (f"head.{i}", _BATCH_NORM) for i in (1, 5)},
    "blocks.norm_f": ("norm.0", _LINEAR),
}
_BLOCK = {
    "norm": _LINEAR,
    "mixer": ("A_log", "D"),
    **{f"mixer.{part}": _MATRIX for part in ("in_proj", "x_proj", "out_proj")},
    **{f"mixer.{part}": _LINEAR for part in ("conv1d", "dt_proj")},
}
_WIDTHS = ("first_conv.0", "first_conv.3", "second_conv.0")  # whose outputs are ``encoder_channels``
_CURVES = 2  # of "main"


def find_state(checkpoint: dict[str, Any]) -> State | None:
    """The weights of a PointMamba in a checkpoint, by the published names without prefixes; None if it holds none."""
    held = next((checkpoint[key] for key in _HOLDERS if isinstance(checkpoint.get(key), dict)), checkpoint)
    if "nimba" in checkpoint or not held or not all(isinstance(value, Tensor) for value in held.values()):
        return None
    state = {_without_prefixes(str(name)): tensor for name, tensor in held.items()}
    if not all(any(name.startswith(sign) for name in state) for sign in ("encoder.first_conv.", "blocks.layers.")):
        return None
    if len(state) < len(held):
        raise InputError("the weights name a part twice, with a prefix and without")
    return state


def describe(
    state: State,
    class_names: list[str] | None = None,
    num_centres: int | None = None,
    num_points: int | None = None,
) -> ClassifierSpec:
    """What a file of weights means: sizes from their shapes, and what no shape tells from the data set.

    Args:
        state: as from ``find_state``.
        class_names: None for those of the data set with as many: ModelNet40 or ScanObjectNN, else class_0 and on.
        num_centres: None for the published recipe's: 128 for ScanObjectNN, else 64.
        num_points: of a training cloud; None for 2,048 for ScanObjectNN, else 1,024.

    Raises:
        InputError: naming what is missing or left over, or class names of another number.
    """
    _check_names(state)
    dim, kernel = _size(state, "blocks.norm_f.weight"), "blocks.layers.0.mixer.conv1d.weight"
    classes = _size(state, "cls_head_finetune.8.weight")
    scans = classes == len(SCANOBJECTNN_CLASSES)
    known = {len(names): list(names) for names in (MODELNET40_CLASSES, SCANOBJECTNN_CLASSES)}
    names = known.get(classes, [f"class_{i}" for i in range(classes)]) if class_names is None else list(class_names)
    if len(names) != classes:
        raise InputError(f"class_names: the head has {classes} classes, got {len(names)} names")
    settings: dict[str, Any] = {
        "num_centres": num_centres or (128 if scans else 64),
        "encoder_channels": [_size(state, f"encoder.{part}.weight") for part in _WIDTHS],
        "dim": dim,
        "depth": _depth(state),
        "d_state": _size(state, "blocks.layers.0.mixer.A_log", 1),
        "d_conv": _size(state, kernel, 2),
        "expand": max(1, _size(state, kernel) // dim),
        # Published heads read the mean, or the mean and the maximum side by side.
        "pooling": "mean_max" if _size(state, "cls_head_finetune.0.weight", 1) == 2 * dim else "mean",
        "head_channels": [_size(state, f"cls_head_finetune.{i}.weight") for i in (0, 4)],
    }
    model = "pointmamba" if _is_main(state) else "pointmamba_axes"
    return ClassifierSpec(
        model=model,
        settings=asdict(model_settings(model, **settings)),
        class_names=names,
        normalisation="none" if scans else "unit_sphere",
        num_points=num_points or (2048 if scans else 1024),
        version=VERSION,
        frame=Frame(mirrored=classes == len(MODELNET40_CLASSES), facing=classes == len(MODELNET40_CLASSES)),
    )


def rename(state: State) -> State:
    """The weights by NIMBA's names; 1x1 convolutions become the linear layers that they are."""
    renamed = {}
    for theirs, ours in _names(_depth(state), _is_main(state)).items():
        tensor = state[theirs]
        convolution = theirs.startswith("encoder.") and tensor.ndim == 3 and tensor.shape[2] == 1
        renamed[ours] = tensor.squeeze(2) if convolution else tensor
    return renamed


def _names(depth: int, main: bool) -> dict[str, str]:
    """Every name of a branch, and what it is called here."""
    parts = _ENCODER | _AROUND
    if not main:
        parts = parts | {"norm": ("norm.1", _LINEAR)}
    for i in range(depth):
        parts = parts | {f"blocks.layers.{i}.{part}": (f"blocks.{i}.{part}", kinds) for part, kinds in _BLOCK.items()}
    names = {f"{theirs}.{kind}": f"{ours}.{kind}" for theirs, (ours, kinds) in parts.items() for kind in kinds}
    if main:
        for curve in range(_CURVES):
            names[f"OrderScale_gamma_{curve + 1}"] = f"indicator.scale.{curve}"
            names[f"OrderScale_beta_{curve + 1}"] = f"indicator.shift.{curve}"
    return names


def _check_names(state: State) -> None:
    if not any(name.startswith("cls_head_finetune.") for name in state):
        raise InputError("a PointMamba without a classifier, as from its pre-training; give a fine-tuned checkpoint")
    wanted = _names(_depth(state), _is_main(state)).keys()
    for what, names in (("lacks", wanted - state.keys()), ("has more than", state.keys() - wanted)):
        if names:
            branch = "main" if _is_main(state) else "the first branch"
            shown = ", ".join(ascii(name)[1:-1][:80] for name in sorted(names)[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise InputError(f"the weights are not those of a PointMamba ({branch}): the file {what} {shown}{more}")


def _is_main(state: State) -> bool:
    return any(name.startswith("OrderScale_") for name in state)


def _depth(state: State) -> int:
    """How many blocks; where their numbers have a gap, a name will be missing."""
    found = (re.match(r"blocks\.layers\.(\d+)\.", name) for name in state)
    return len({match[1] for match in found if match})


def _size(state: State, name: str, axis: int = 0) -> int:
    shape = tuple(state[name].shape)
    if len(shape) <= axis or not shape[axis]:
        raise InputError(f"the weights are not those of a PointMamba: {name} has shape {shape}")
    return shape[axis]


def _without_prefixes(name: str) -> str:
    while prefix := next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None):
        name = name.removeprefix(prefix)
    return name
