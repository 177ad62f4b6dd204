"""Sweeps: one config, and named variants of it."""

from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nimba.classifier.registry import model_settings
from nimba.runtime.errors import InputError
from nimba.runtime.yaml_files import read_yaml

BASE = "base"  # name of the run that every sweep over a config shares: the config itself
_FIELDS = {"title", "question", "config", "seeds", "variants"}
_OPTIONAL = {"x", "mean"}


@dataclass(frozen=True)
class Variant:
    """One variant of a sweep.

    Args:
        name: of the variant, and of its runs' folder.
        overrides: what differs from the sweep's config, keyed by dotted paths.
        config: the sweep's config with the overrides, as ``train.py`` reads it.
        place: the two folders of its runs and records: (sweep, variant), or (config, "base") where nothing differs.
    """

    name: str
    overrides: dict[str, Any]
    config: dict[str, Any]
    place: tuple[str, str]

    @property
    def is_base(self) -> bool:
        """Whether its runs are those of the sweep's config itself."""
        return self.place[1] == BASE


@dataclass(frozen=True)
class Sweep:
    """What is varied, over what, and why.

    Args:
        name: of the sweep: its file's.
        title: of its section in the report.
        question: that it answers.
        config: path of the config that it starts from.
        x: what the variants' names are numbers of, for an axis; None where they are names.
        mean: what all variants together are, where their mean says something (the folds of a cross-validation); else
            None.
        seeds: of its runs.
        variants: in the order of the file.
    """

    name: str
    title: str
    question: str
    config: Path
    x: str | None
    mean: str | None
    seeds: tuple[int, ...]
    variants: tuple[Variant, ...]


def read_sweep(path: Path) -> Sweep:
    """Read a sweep's file: title, question, config (relative to the file), seeds, variants and, optionally, x and mean.

    Raises:
        InputError: if it or its config is missing or damaged, or a variant's model cannot be.
    """
    content = _read(path)
    if set(content) - _OPTIONAL != _FIELDS:
        wrong = ", ".join(sorted(_FIELDS ^ (set(content) - _OPTIONAL)))
        known, more = ", ".join(sorted(_FIELDS)), " and ".join(sorted(_OPTIONAL))
        raise InputError(f"{path}: a sweep has {known} and may have {more}; unknown or missing: {wrong}")
    where = path.parent / content["config"]
    config = _read(where)
    variants = content["variants"]
    if not isinstance(variants, dict) or not variants:
        raise InputError(f"{path}: variants: must map names to overrides, such as hilbert: {{model.lr: 0.1}}")
    made = tuple(
        _variant(str(name), overrides or {}, config, (path.stem, where.stem), f"{path}: {name}")
        for name, overrides in variants.items()
    )
    seeds = content["seeds"]
    if not isinstance(seeds, list) or not seeds or not all(isinstance(seed, int) for seed in seeds):
        raise InputError(f"{path}: seeds: must be a list of whole numbers, got {seeds!r}")
    x, mean = content.get("x"), content.get("mean")
    return Sweep(path.stem, content["title"], content["question"].strip(), where, x, mean, tuple(seeds), made)


def _variant(
    name: str, overrides: dict[str, Any], base: dict[str, Any], groups: tuple[str, str], where: str
) -> Variant:
    if Path(name).name != name or name in ("", "..", BASE):
        raise InputError(f"{where}: a variant's name must do for a folder, and not be {BASE!r}")
    if not isinstance(overrides, dict):
        raise InputError(f"{where}: must be a mapping of dotted paths to values, got {overrides!r}")
    config = merge(base, overrides, where)
    try:
        same = comparable(config) == comparable(base)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return Variant(name, overrides, config, (groups[1], BASE) if same else (groups[0], name))


def merge(config: dict[str, Any], overrides: dict[str, Any], where: str = "overrides") -> dict[str, Any]:
    """A copy of ``config`` with ``overrides`` at their dotted paths.

    Raises:
        InputError: naming ``where``, if a path leads through something that is no mapping.
    """
    merged = deepcopy(config)
    for path, value in overrides.items():
        *way, last = path.split(".")
        target = merged
        for key in way:
            target = target.setdefault(key, {})
            if not isinstance(target, dict):
                raise InputError(f"{where}: {path}: {key} is no mapping in the config")
        target[last] = value
    return merged


def comparable(config: dict[str, Any]) -> dict[str, Any]:
    """``config`` with the model's settings all told, so that two that mean the same are equal.

    Raises:
        InputError: for a model or a setting that there is not.
    """
    model = config.get("model", {})
    settings = model_settings(model.get("model", "nimba_base"), **(model.get("model_settings") or {}))
    return {**config, "model": {**model, "model_settings": asdict(settings)}}


def _read(path: Path) -> dict[str, Any]:
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping, got {type(content).__name__}")
    return content
