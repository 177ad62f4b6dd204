"""Which classes a config may name, whoever wrote it: data sets, augmentations, callbacks and the like, nothing else.

A config makes objects: what it may name decides what it can do. So classes come from a list, values that may be
anything (``dict[str, Any]`` in a library's signature) stay values, and a file names no other file to be read as config.
"""

import os
import sys
from typing import Any

from jsonargparse import ArgumentParser, get_loader, set_loader, set_parsing_settings
from yaml import YAMLError

from nimba.records.names import current_names
from nimba.runtime.errors import InputError
from nimba.runtime.yaml_files import check_yaml

VARIABLE = "NIMBA_TRUST"
_TRANSFORMS = {  # torch-geometric's that move points; others take functions, by name
    "Center": "center",
    "LinearTransformation": "linear_transformation",
    "NormalizeScale": "normalize_scale",
    "RandomFlip": "random_flip",
    "RandomJitter": "random_jitter",
    "RandomRotate": "random_rotate",
    "RandomScale": "random_scale",
    "RandomShear": "random_shear",
}
OF_DATA = ("nimba.datasets", *(f"torch_geometric.transforms.{p}" for pair in _TRANSFORMS.items() for p in pair))
OF_RUNS = (
    *OF_DATA,
    "nimba.training",
    *("nimba.gpu.plan.Learning", "nimba.gpu.augment.Augmentation"),
    *(f"lightning.pytorch.{part}" for part in ("callbacks", "loggers", "plugins", "profilers", "strategies")),
    *("lightning.pytorch.accelerators", "lightning.fabric.plugins", "lightning.fabric.accelerators"),
)
_TAKES_FUNCTIONS = ("lightning.pytorch.callbacks.LambdaCallback", "lightning.pytorch.callbacks.lambda_function")


def trusted() -> list[str]:
    """Packages that the user trusts besides, by ``NIMBA_TRUST`` in the environment, separated by commas."""
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",")]
    # Never what runs commands or opens files, nor what this policy is made of.
    barred = sys.stdlib_module_names | {"jsonargparse", "builtins"}
    parts = {name: name.split(".") for name in names}
    return [name for name in names if all(map(str.isidentifier, parts[name])) and parts[name][0] not in barred]


def restrict_parsing() -> None:
    """Have jsonargparse make only what a config may name; for the whole process, so for programs' entry points."""
    set_parsing_settings(
        instantiate_subclass_spec_in_any=False,
        config_read_mode_urls_enabled=False,
        config_read_mode_fsspec_enabled=False,
        import_path_denylist=["*", *_TAKES_FUNCTIONS],
        import_path_allowlist=[*OF_RUNS, *trusted()],
    )
    if get_loader("yaml") is not _bounded:
        _inner.append(get_loader("yaml"))
        set_loader("yaml", _bounded, (YAMLError, InputError))


_inner: list[Any] = []


def _bounded(text: str) -> Any:
    """jsonargparse's reading of YAML, within bounds, and under the settings' current names."""
    check_yaml(text)
    value = _inner[0](text)
    return current_names(value) if isinstance(value, dict) else value


def without_files_inside(parser: ArgumentParser) -> None:
    """Have a parser take classes and sections as they stand, never the name of another file that holds them.

    jsonargparse reads such files wherever it expects a class, before it knows what they are: a config could have it
    read a password file, or one without an end. It has no switch for this.
    """
    for action in parser._actions:
        if hasattr(action, "_enable_path"):
            action._enable_path = False
            setattr(action, "sub_add_kwargs", {**getattr(action, "sub_add_kwargs", {}), "sub_configs": False})  # noqa: B010
        elif hasattr(action, "_load_config"):
            action._load_config = _values_only(action._load_config, action.dest)


def _values_only(load: Any, key: str) -> Any:
    def load_values(value: Any, parser: Any) -> Any:
        if isinstance(value, str) and not value.lstrip().startswith("{"):
            raise TypeError(f'Parser key "{key}":\n  Expected settings, not the name of a file. Got value: {value}')
        return load(value, parser)

    return load_values


def may_name(path: str, allowed: tuple[str, ...]) -> bool:
    """Whether a class is among those of some packages, or of those that the user trusts."""
    parts = path.split(".")
    return any(".".join(parts[:count]) in {*allowed, *trusted()} for count in range(1, len(parts) + 1))
