"""``nimba classify``: the most likely classes of a user's clouds."""

from __future__ import annotations

import json as json_format
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nimba.runtime.cleanly import BAD_INPUT
from nimba.runtime.errors import InputError, about

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from nimba.classifier import NimbaClassifier

FEW = 12  # files; to load the compiled kernels takes longer than to classify so many without them


def classify(
    files: list[Path],
    *,
    weights: str | None = None,
    top: int = 5,
    up: Literal["auto", "x", "y", "z"] = "auto",
    json: bool = False,
) -> int:
    """Classify point clouds or meshes: the top classes of each.

    Args:
        files: Clouds or meshes: {formats}.
        weights: Name of shipped weights, a .safetensors file, or a checkpoint of train.py; the default knows the 40
            classes of ModelNet40.
        top: How many classes to print.
        up: The files' up axis. auto tries y and z, and takes the one that the network is more confident in.
        json: Print one JSON object for each file; of one that cannot be classified, the error.
    """
    import nimba
    from nimba.runtime.compiled import without_compiled_kernels

    if top < 1:
        raise InputError(f"top: must be at least 1, got {top}")
    model = nimba.load(weights)
    code = 0
    with without_compiled_kernels() if len(files) <= FEW else nullcontext():
        for file in files:
            try:
                result = _cut(classify_file(model, file, up), top)
            except Exception as error:  # whatever it is, it does not keep the other files from being read
                code = BAD_INPUT
                result = {"file": str(file), "error": about(error, file)}
                print("error:", f"{file}: {result['error']}", file=sys.stderr)
            if json:
                print(json_format.dumps(result), flush=True)
            elif "error" not in result:
                print(_table(result), flush=True)
    return code


def classify_file(model: NimbaClassifier, file: Path, up: str = "auto") -> dict[str, Any]:
    """Classify one file.

    Args:
        model: as ``nimba.load`` returns it.
        file: a cloud or mesh.
        up: the file's up axis: "x", "y", "z", or "auto".

    Returns:
        {"file", "points", "up", "classes": [{"name", "probability"}, ...] from the most likely on}

    Raises:
        InputError: if the file cannot be read.
    """
    from nimba.clouds import read_cloud

    points = read_cloud(file)
    candidates = ("y", "z") if up == "auto" else (up,)
    probabilities = {axis: _probabilities(model, points, axis) for axis in candidates}
    chosen = max(candidates, key=lambda axis: probabilities[axis].max().item())
    assert model.spec is not None
    ranking = zip(model.spec.class_names, probabilities[chosen].tolist(), strict=True)
    classes = [{"name": name, "probability": p} for name, p in sorted(ranking, key=lambda pair: -pair[1])]
    return {"file": str(file), "points": len(points), "up": chosen, "up_given": up != "auto", "classes": classes}


def _probabilities(model: NimbaClassifier, points: np.ndarray, up: Any) -> Tensor:
    """(classes,), of a cloud whose up axis is ``up``."""
    import torch

    from nimba.clouds import normalise, resample, rotate_up

    assert model.spec is not None
    cloud = normalise(resample(rotate_up(points, up), model.spec.num_points), model.spec.normalisation)
    with torch.inference_mode():
        return model(torch.from_numpy(cloud)[None])[0].softmax(0)


def _cut(result: dict[str, Any], top: int) -> dict[str, Any]:
    return {**result, "classes": result["classes"][:top]}


def _table(result: dict[str, Any]) -> str:
    how = "" if result["up_given"] else ", found by trying y and z; --up sets it"
    lines = [f"{result['file']}  ({result['points']} points, up axis {result['up']}{how})"]
    width = max(len(row["name"]) for row in result["classes"])
    lines += [f"  {row['name']:<{width}}  {row['probability']:6.1%}" for row in result["classes"]]
    return "\n".join(lines)
