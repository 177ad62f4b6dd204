"""Every name that earlier versions wrote into configs, records and checkpoints, and that has changed since."""

from typing import Any

RENAMED_MODULES = {  # of classes that a config can name
    "nimba.datasets.resident": "nimba.datasets.cache_on_device",
    "nimba.training.habit": "nimba.training.test_each_epoch",
}
RENAMED_SETTINGS = {  # by their dotted paths in a config
    "data.init_args.resident": "data.init_args.cache_on_device",
    "data.resident": "data.cache_on_device",  # as a command line or a sweep puts it
}


def current_names(config: dict[str, Any]) -> dict[str, Any]:
    """A config as this version writes it; of one that is current, a copy."""
    renamed = _with_classes(config)
    for old, new in RENAMED_SETTINGS.items():
        *way, last = old.split(".")
        place: Any = renamed
        for key in way:
            place = place.get(key) if isinstance(place, dict) else None
        if isinstance(place, dict) and last in place:
            place.setdefault(new.rpartition(".")[2], place.pop(last))
    return renamed


def current_class(path: str) -> str:
    """The import path of a class, as it is now."""
    module, _, name = path.rpartition(".")
    return f"{RENAMED_MODULES.get(module, module)}.{name}" if module else path


def _with_classes(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: current_class(part) if key == "class_path" and isinstance(part, str) else _with_classes(part)
            for key, part in value.items()
        }
    return [_with_classes(part) for part in value] if isinstance(value, list) else value
