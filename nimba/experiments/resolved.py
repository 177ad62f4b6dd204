"""What a run was, or would be, trained with: every setting, the defaults too."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from nimba.experiments.sweep import comparable
from nimba.training.cli import TrainingCLI

_ELSEWHERE = {  # says where things lie and how they are read, not what is learnt
    "experiment",
    "runs",
    "data.init_args.root",
    "data.init_args.cache_dir",
    "data.init_args.download",
    "data.init_args.num_workers",
}


class _Parsed(TrainingCLI):
    """Stops once the config is parsed and all told."""

    def _check_folder(self, resume: bool, overwrite: bool) -> None:
        """Any folder will do: nothing is run."""

    def _set_seed(self) -> None:
        """Nothing here is random."""

    def instantiate_classes(self) -> None:
        """Make nothing."""

    def _run_subcommand(self, subcommand: str) -> None:
        """Run nothing."""


def resolve(config: dict[str, Any]) -> dict[str, Any]:
    """The config that ``train.py fit`` would put into its record, given ``config``.

    Raises:
        InputError: for an unknown key or a wrong value, as ``train.py`` raises it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return _Parsed(["fit", "--config", str(path)]).config_dump


def difference(here: dict[str, Any], there: dict[str, Any]) -> str | None:
    """The first setting of two resolved configs that differs and changes what is learnt, in words; None if none does.

    A setting that only one of them has is not compared: versions add settings whose defaults are what was before.
    """
    ours, theirs = dict(_flat(comparable(here))), dict(_flat(comparable(there)))
    for key in ours.keys() & theirs.keys() - _ELSEWHERE:
        if ours[key] != theirs[key]:
            return f"{key} is {ours[key]} here, {theirs[key]} there"
    return None


def _flat(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in settings.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", list(value) if isinstance(value, tuple) else value))
    return pairs
