"""The clouds that orders are compared on: of a file, a folder or a data set, as the command line names them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from nimba.clouds import FORMATS, normalise, read_cloud, resample
from nimba.datasets.clouds import LabelledClouds
from nimba.geometry import farthest_point_sampling
from nimba.runtime.errors import InputError

SHAPES, MODELNET40 = "shapes", "modelnet40"


def open_clouds(source: str, limit: int) -> tuple[int, Iterator[np.ndarray]]:
    """How many clouds a source has, and those to use: at most ``limit``, spread over it evenly; (N, 3) each.

    Args:
        source: a cloud or mesh, a folder of ModelNet40 or of clouds, "shapes" or "modelnet40". Of a data set, its test
            split. A folder's clouds are those of all its folders, by name.
        limit: 1 or more.

    Raises:
        InputError: nothing of that name, or a file that cannot be read; for clouds of a folder when it is their turn.
    """
    path = Path(source)
    if path.is_file():
        return 1, iter([read_cloud(path)])
    split = _data_set(source, path)
    if split is not None:
        return len(split), (split[i] for i in _spread(len(split), limit))
    files = sorted(file for file in path.rglob("*") if file.name.lower().endswith(FORMATS))
    if not files:
        raise InputError(f"{source}: neither a cloud, a folder with clouds, {SHAPES} nor {MODELNET40}; check the path")
    return len(files), (read_cloud(files[i]) for i in _spread(len(files), limit))


def prepare(cloud: np.ndarray, points: int, centres: int | None) -> np.ndarray:
    """That many points of a cloud in the cube [-1, 1]^3, or their FPS centres; all where it has fewer: (N, 3)."""
    scaled = normalise(resample(cloud, min(points, len(cloud))), "cube")
    if centres is None:
        return scaled
    batch = torch.from_numpy(scaled)[None]  # (1, N, 3)
    return scaled[farthest_point_sampling(batch, min(centres, len(scaled)))[0].numpy()]  # (G, 3)


def _spread(count: int, limit: int) -> np.ndarray:
    return np.linspace(0, count - 1, min(limit, count)).astype(int)


def _data_set(source: str, path: Path) -> LabelledClouds | None:
    if source == SHAPES and not path.exists():
        from nimba.datasets.shapes import ShapesDataModule

        return ShapesDataModule().load_split("test")
    named = source == MODELNET40 and not path.exists()
    if not (named or path.is_dir()):
        return None
    from nimba.datasets import ModelNet40DataModule

    if named:
        return ModelNet40DataModule().load_split("test")
    try:
        module = ModelNet40DataModule(str(path))
    except InputError:  # a folder of something else
        return None
    return module.load_split("test")
