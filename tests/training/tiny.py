"""A tiny data set on disk and the command line of a run on it that takes a second."""

from pathlib import Path
from typing import Any

import torch
import yaml
from lightning.pytorch import Callback, LightningModule, Trainer

from tests.datasets.layouts import write_modelnet40_hdf5

NETWORK = {
    "num_centres": 8,
    "patch_size": 6,
    "encoder_channels": [8, 8, 16],
    "dim": 16,
    "depth": 1,
    "drop_path": 0.2,
    "head_channels": [16, 16],
    "head_dropout": 0.2,
}
EMA = {"class_path": "nimba.training.WeightEMA", "init_args": {"decay": 0.8}}


def config(folder: Path, **trainer: Any) -> dict[str, Any]:
    """A run of 4 epochs of 3 updates; the data is written into ``folder`` where it is not there."""
    if not (folder / "data").is_dir():
        write_modelnet40_hdf5(folder / "data")
    scale = {"class_path": "nimba.datasets.transforms.RandomScale"}
    options = {"root": str(folder / "data"), "num_points": 32, "batch_size": 8, "transforms": [scale]}
    return {
        "experiment": "tiny",
        "runs": str(folder / "runs"),
        "model": {
            "model": "nimba_tiny",
            "model_settings": dict(NETWORK),
            "optimizer": {"lr": 0.01},
            "schedule": {"warmup_epochs": 1},
        },
        "data": {"class_path": "nimba.datasets.ModelNet40DataModule", "init_args": options},
        "trainer": {
            "max_epochs": 4,
            "accelerator": "cpu",
            "gradient_clip_val": 1.0,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            **trainer,
        },
    }


def arguments(folder: Path, *more: str, settings: dict[str, Any] | None = None) -> list[str]:
    """The command line for ``settings``, by default those of ``config``."""
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings or config(folder)))
    return ["fit", "--config", str(path), *more]


class KilledError(Exception):
    """Stands for a kill."""


class KillIn(Callback):
    """Kill the run in the middle of an epoch (counted from 0)."""

    def __init__(self, epoch: int):
        self.epoch = epoch

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if (trainer.current_epoch, batch_idx) == (self.epoch, 1):
            raise KilledError


class SaveRank(Callback):
    """Write what each process holds at the end."""

    def __init__(self, folder: str):
        self.folder = Path(folder)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.save(dict(pl_module.named_parameters()), self.folder / f"rank{trainer.global_rank}.pt")


def read(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


def same(one: Any, other: Any) -> bool:
    """Equal bit by bit, through dicts and lists."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
