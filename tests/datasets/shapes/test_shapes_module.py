from pathlib import Path

import numpy as np
import pytest
import torch

from nimba.datasets import ShapesDataModule
from nimba.datasets.shapes import CLASS_NAMES
from nimba.runtime.errors import InputError


def _module(folder: Path, **options: object) -> ShapesDataModule:
    return ShapesDataModule(
        **{"train_size": 48, "test_size": 24, "num_points": 128, "batch_size": 10, "cache_dir": str(folder), **options}
    )


@pytest.mark.parametrize("variant", ["clean", "scan", "both"])
def test_batches(tmp_path: Path, variant: str) -> None:
    module = _module(tmp_path, variant=variant)
    assert module.class_names == CLASS_NAMES
    assert module.num_classes == 12
    assert not any(tmp_path.iterdir())  # nothing is made before it is needed
    for loader, count in ((module.train_dataloader(), 48), (module.test_dataloader(), 24)):
        batches = list(loader)
        assert all(points.shape[1:] == (128, 3) and points.dtype == torch.float32 for points, _ in batches)
        assert all(labels.dtype == torch.int64 and len(labels) == len(points) for points, labels in batches)
        labels = torch.cat([labels for _, labels in batches])
        assert torch.bincount(labels).tolist() == [count // 12] * 12


def test_shapes_are_normalised_and_cached(tmp_path: Path) -> None:
    clouds = _module(tmp_path).load_split("train")
    assert clouds is not None
    assert clouds.points.shape == (48, 1024, 3)
    assert np.linalg.norm(clouds.points, axis=2).max(axis=1) == pytest.approx(np.ones(48), abs=1e-5)
    assert clouds.points.mean(axis=1) == pytest.approx(np.zeros((48, 3)), abs=1e-4)
    (folder,) = tmp_path.iterdir()
    made = (folder / "points.npy").stat()
    _module(tmp_path).load_split("train")
    assert (folder / "points.npy").stat() == made


def test_other_recipes_have_caches_of_their_own(tmp_path: Path) -> None:
    first = _module(tmp_path).load_split("test")
    others = [{"data_seed": 1}, {"variant": "scan"}, {"yaw": True}, {"normalisation": "cube"}, {"test_size": 12}]
    for options in others:
        other = _module(tmp_path, **options).load_split("test")
        assert first is not None
        assert other is not None
        assert not np.array_equal(first.points, other.points)
    assert len(list(tmp_path.iterdir())) == 1 + len(others)


def test_there_is_no_val_split_but_a_share_of_train(tmp_path: Path) -> None:
    assert _module(tmp_path).load_split("val") is None
    module = _module(tmp_path, val_fraction=0.25)
    assert sum(len(labels) for _, labels in module.val_dataloader()) == 12
    assert sum(len(labels) for _, labels in module.train_dataloader()) == 36


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_points": 1025}, "num_points is 1025: a shape has 1024 points: ask for fewer"),
        ({"variant": "dirty"}, "variant is 'dirty': give one of clean, scan, both"),
        ({"train_size": 0}, "train_size is 0: give 1 or more"),
        ({"test_size": -3}, "test_size is -3: give 1 or more"),
        ({"data_seed": -1}, "data_seed is -1: give 0 or more"),
    ],
)
def test_bad_argument_is_named(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _module(tmp_path, **options)
