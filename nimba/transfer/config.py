"""A recipe as a config of train.py: whatever ``nimba train`` does can be read, changed and run again by it."""

from pathlib import Path
from typing import Any

from nimba.clouds.pose import Up
from nimba.records.folder import RunFolder
from nimba.transfer.recipe import Recipe, transforms
from nimba.transfer.request import Request

_STORED_POINTS = 4096
_WINDOW = 0.05
_PASSES = 4
_MONITORED = "val/loss"
_PATIENCE = 0.3  # share of the epochs without a lower validation loss, after which a run ends


def data_options(request: Request, up: Up, output: Path) -> dict[str, Any]:
    """What decides which clouds there are and which split each is in: for a look at the data and for the run itself."""
    return {
        "root": request.data,
        "up": up,
        "stored_points": max(_STORED_POINTS, request.points or 0),
        "test_fraction": request.test_fraction,
        "folds": request.folds,
        "fold": request.fold,
        "group_by": request.group_by,
        "unreadable": "skip",
        "cache_dir": str(output / ".cache"),
    }


def run_config(request: Request, recipe: Recipe, up: Up, folder: RunFolder, monitored: bool) -> dict[str, Any]:
    """All settings of a run.

    Args:
        request: what was asked for.
        recipe: what was chosen.
        up: axis of the files.
        folder: the run's.
        monitored: whether there is a validation split to tell when to end.
    """
    model: dict[str, Any] = {
        "model": recipe.model,
        "model_settings": recipe.settings,
        "label_smoothing": 0.0 if recipe.start else 0.1,  # early stopping is by a log-loss that it would raise
        "optimizer": {"lr": recipe.lr, "weight_decay": 0.05},
        "schedule": {"warmup_epochs": min(2, recipe.epochs - 1), "min_lr": recipe.lr / 100},
    }
    callbacks: list[dict[str, Any]] = []
    if recipe.start is not None:
        model["start"] = {"path": recipe.start, "head": recipe.rows is not None, "rows": recipe.rows}
        if recipe.rows is None:
            callbacks.append({"class_path": "nimba.training.FittedHead", "init_args": {"passes": _PASSES}})
        callbacks.append({"class_path": "nimba.training.FrozenNorms"})
    if recipe.class_weights is not None:
        model["class_weights"] = recipe.class_weights
    callbacks.append({"class_path": "nimba.training.WeightEMA", "init_args": {"window": _WINDOW}})
    if monitored:
        patience = max(4, round(_PATIENCE * recipe.epochs))
        stop = {"monitor": _MONITORED, "patience": patience, "verbose": False}
        callbacks.append({"class_path": "lightning.pytorch.callbacks.EarlyStopping", "init_args": stop})
        keep = {"dirpath": str(folder.path), "filename": folder.best.stem, "monitor": _MONITORED, "save_top_k": 1}
        keep |= {"enable_version_counter": False, "save_on_train_epoch_end": False}
        callbacks.append({"class_path": "lightning.pytorch.callbacks.ModelCheckpoint", "init_args": keep})
    if request.minutes is not None:
        limit = {"duration": {"seconds": round(60 * request.minutes)}, "interval": "epoch", "verbose": False}
        callbacks.append({"class_path": "lightning.pytorch.callbacks.Timer", "init_args": limit})
    data = {
        **data_options(request, up, folder.path),
        "num_points": recipe.points,
        "batch_size": recipe.batch_size,
        "num_workers": request.workers,
        "val_fraction": recipe.val_fraction,
        "transforms": transforms(recipe.augmentation),
    }
    return {
        "experiment": folder.path.name,
        "output": str(folder.path),
        "seed_everything": request.seed,
        "test_at_end": False,
        "model": model,
        "data": {"class_path": "nimba.datasets.FolderDataModule", "init_args": data},
        "trainer": {
            "max_epochs": recipe.epochs,
            "gradient_clip_val": 5.0,
            "enable_model_summary": False,
            "callbacks": callbacks,
        },
    }
