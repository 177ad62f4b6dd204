"""What must be the same when a run is resumed."""

from typing import Any

from nimba.classifier.pretrained import read_checkpoint
from nimba.records.folder import RunFolder
from nimba.records.stored import stored_config
from nimba.runtime.errors import InputError
from nimba.training.comparing import first_difference

_TRAINER = (  # of the Trainer's settings, those that change what is learnt
    "max_epochs",
    "max_steps",
    "gradient_clip_val",
    "gradient_clip_algorithm",
    "accumulate_grad_batches",
    "limit_train_batches",
    "precision",
    "sync_batchnorm",
    "callbacks",
)
_ELSEWHERE = ("num_workers", "root", "cache_dir", "download")  # of the data's: where it lies and how it is read


def check_same_run(folder: RunFolder, config: dict[str, Any]) -> None:
    """Refuse to resume a run under another config.

    Raises:
        InputError: naming the first setting that differs; or if the checkpoint is damaged.
    """
    there = stored_config(read_checkpoint(folder.checkpoint), str(folder.checkpoint))
    found = first_difference(_essence(config), _essence(there))
    if found:
        key, ours, theirs = found
        raise InputError(
            f"{key}: is {ours}, but the run in {folder.path} has {theirs}; "
            "resume it with its own config, or --overwrite it"
        )


def _essence(config: dict[str, Any]) -> dict[str, Any]:
    data = config.get("data") or {}
    return {
        "seed_everything": config.get("seed_everything"),
        "model": config.get("model"),
        "data": {**data, "init_args": _without(data.get("init_args") or {}, _ELSEWHERE)},
        "trainer": {key: (config.get("trainer") or {}).get(key) for key in _TRAINER},
    }


def _without(settings: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}
