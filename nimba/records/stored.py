"""Configs that come out of files, such as checkpoints: looked through before anything is made of them."""

from collections.abc import Iterator
from typing import Any

from nimba.records.names import current_names
from nimba.records.trust import OF_DATA, OF_RUNS, VARIABLE, may_name
from nimba.runtime.errors import InputError

MAX_VALUES = 50_000
MAX_DEPTH = 50


def stored_config(checkpoint: dict[str, Any], where: str) -> dict[str, Any]:
    """The config that a checkpoint's run had, under today's names; empty where it has none.

    Raises:
        InputError: naming ``where``, if it holds anything but plain values, or names a class that is not known.
    """
    config = checkpoint.get("config") or {}
    if not isinstance(config, dict):
        raise InputError(f"{where}: its config is a {type(config).__name__}; was it written by train.py?")
    for key, value in _walk(config, where):
        if key.endswith("class_path"):
            allowed = OF_DATA if key.startswith("data") else OF_RUNS
            if not isinstance(value, str) or not may_name(value, allowed):
                raise InputError(
                    f"{where}: its {key} is {str(value)[:80]!r}, no class that a file may name; "
                    f"a package of your own goes into {VARIABLE}"
                )
        if key.endswith("dict_kwargs"):
            raise InputError(f"{where}: its {key} hands over what no class of NIMBA's takes")
    config = current_names(config)
    for section in ("data", "trainer", "model"):
        if not isinstance(config.get(section) or {}, dict):
            raise InputError(f"{where}: its {section} is no section; was it written by train.py?")
    if isinstance(config.get("data"), dict) and not isinstance(config["data"].get("init_args") or {}, dict):
        raise InputError(f"{where}: its data.init_args is no section; was it written by train.py?")
    return config


def _walk(config: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    """Each value that is no container, by its dotted path."""
    waiting: list[tuple[str, Any, int]] = [("", config, 0)]
    seen = 0
    while waiting:
        path, value, depth = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            parts = [(f"{path}.{key}".lstrip("."), part, depth + 1) for key, part in value.items()]
        elif isinstance(value, list | tuple):
            parts = [(f"{path}.{number}", part, depth + 1) for number, part in enumerate(value)]
        elif value is None or isinstance(value, str | bool | int | float):
            parts = []
        else:
            raise InputError(f"{where}: its config holds a {type(value).__name__} ({path})")
        if depth > MAX_DEPTH or seen + len(waiting) + len(parts) > MAX_VALUES:
            raise InputError(f"{where}: its config refers to itself, or is too large")
        if not parts or path.endswith(("class_path", "dict_kwargs")):
            yield path, value
        waiting += parts
