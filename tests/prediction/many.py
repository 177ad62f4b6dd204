"""A folder of small clouds, and weights that know three classes."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import nimba
from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import save_weights

NAMES = ["bin", "box", "cup"]


def write_weights(path: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    model = nimba.create_model("nimba_tiny", num_classes=3, num_centres=8, patch_size=8, dim=16, depth=1).eval()
    spec = ClassifierSpec("nimba_tiny", asdict(model.settings), NAMES, "unit_sphere", 64, nimba.__version__)
    save_weights(model, spec, path, dtype=torch.float32)
    return path


def write_clouds(folder: Path, count: int = 24, broken: int = 0) -> list[str]:
    """``count`` clouds at three depths, ``broken`` of them empty; their names in order."""
    generator = np.random.default_rng(0)
    names = sorted(f"{('', 'a/', 'a-b/c/')[i % 3]}{i:03}.npy" for i in range(count))
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        points = generator.normal(size=(70 + number, 3)) * [1, 1 + number % 5, 1]
        np.save(path, points.astype(np.float32)[: 0 if number < broken else None])
    return names
