"""What a run was, or would be, trained with: every setting, the defaults too."""

import tempfile
from pathlib import Path
from typing import Any

import yaml

from nimba.experiments.sweep import comparable
from nimba.training.cli import TrainingCLI
from nimba.training.comparing import first_difference

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
    """The first setting of two resolved configs that differs and changes what is learnt, in words; None if none."""
    found = first_difference(comparable(here), comparable(there), _ELSEWHERE)
    if not found:
        return None
    key, ours, theirs = found
    return f"{key} is {ours} here, {theirs} there"
