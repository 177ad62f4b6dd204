"""What must be the same when a run goes on."""

from typing import Any

from nimba.classifier.pretrained import read_checkpoint
from nimba.errors import InputError
from nimba.training.folder import RunFolder

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
_UNKNOWN = "unknown to the version"


def check_same_run(folder: RunFolder, config: dict[str, Any]) -> None:
    """Refuse to go on with a run under another config.

    Raises:
        InputError: naming the first setting that differs; or if the checkpoint is damaged.
    """
    here, there = _essence(config), _essence(read_checkpoint(folder.checkpoint).get("config", {}))
    for key in sorted(here.keys() | there.keys()):
        ours, theirs = _value(here, key), _value(there, key)
        if _UNKNOWN not in (ours, theirs) and ours != theirs:
            raise InputError(
                f"{key}: is {ours}, but the run in {folder.path} has {theirs}; "
                "resume it with its own config, or --overwrite it"
            )


def _value(settings: dict[str, Any], key: str) -> Any:
    """A setting's value; None of what is part of something that is None; _UNKNOWN where a version had no such thing."""
    while key not in settings:
        key, _, last = key.rpartition(".")
        if not last:
            return _UNKNOWN
        if key in settings:
            return None if settings[key] is None else _UNKNOWN
    return settings[key]


def _essence(config: dict[str, Any]) -> dict[str, Any]:
    kept = {
        "seed_everything": config.get("seed_everything"),
        "model": config.get("model"),
        "data": {
            **config.get("data", {}),
            "init_args": _without(config.get("data", {}).get("init_args", {}), _ELSEWHERE),
        },
        "trainer": {key: config.get("trainer", {}).get(key) for key in _TRAINER},
    }
    return dict(_flat(kept))


def _without(settings: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}


def _flat(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in settings.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return pairs
