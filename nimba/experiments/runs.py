"""One run of a sweep: where it lives, how far it is, and that only one process has it."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

import nimba
from nimba.experiments.resolved import difference, resolve
from nimba.experiments.sweep import Variant
from nimba.records.folder import RunFolder
from nimba.records.names import current_names
from nimba.records.published import strip_for_publication
from nimba.runtime.errors import InputError
from nimba.runtime.files import atomic_write, write_json
from nimba.runtime.yaml_files import read_yaml

_TRAIN = Path(nimba.__file__).resolve().parents[1] / "train.py"


@dataclass(frozen=True)
class Run:
    """A variant of a sweep with one seed, in ``<runs>/<sweep>/<variant>/<seed>``.

    Args:
        variant: of the sweep.
        seed: of the run.
        runs: folder of all runs.
        results: folder of all records that are kept.
    """

    variant: Variant
    seed: int
    runs: Path
    results: Path

    @property
    def name(self) -> str:
        """Of the run: sweep/variant/seed."""
        return "/".join((*self.variant.place, str(self.seed)))

    @cached_property
    def folder(self) -> RunFolder:
        """Where ``train.py`` puts it."""
        group, name = self.variant.place
        return RunFolder(self.runs / group, name, self.seed)

    @property
    def log(self) -> Path:
        """What ``train.py`` says, of all its starts."""
        return self.folder.path / "train.log"

    @property
    def result(self) -> Path:
        """Where its record is kept."""
        group, name = self.variant.place
        return self.results / group / name / f"{self.seed}.json"

    @property
    def _asked(self) -> Path:
        return self.folder.path / "asked.yaml"

    def prepare(self) -> None:
        """Make the folder, and write the config that ``train.py`` is to read."""
        self.folder.path.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(self._config, sort_keys=False)
        atomic_write(self._asked, lambda partial: partial.write_text(text, encoding="utf-8"))

    def command(self) -> list[str]:
        """The command that starts or resumes it."""
        how = ["--resume"] if self.folder.checkpoint.is_file() else ["--overwrite"]  # without one there is no epoch
        return [sys.executable, str(_TRAIN), "fit", "--config", str(self._asked), *how]

    def check(self) -> None:
        """Refuse a config that cannot be, and a folder that holds another run.

        Raises:
            InputError: naming the first setting that is wrong or differs.
        """
        wanted, there = resolve(self._config), self._config_there()
        what = difference(wanted, there) if there else None
        if what:
            raise InputError(
                f"{self.folder.path}: holds a run of another config ({what}); "
                "move or delete the folder, or give the variant another name"
            )

    def record(self) -> dict[str, Any] | None:
        """The record as it is now; None before the first epoch's end."""
        try:
            return json.loads(self.folder.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def finished(self) -> bool:
        """Whether it has been trained and scored."""
        return bool((self.record() or {}).get("finished"))

    def last_word(self) -> str:
        """The last line of the log: of a run that failed, why."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n") if self.log.is_file() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def collect(self) -> None:
        """Keep the record of a finished run among the results, without what says nothing."""
        record = self.record()
        assert record is not None
        assert record["finished"]
        self.result.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.result, strip_for_publication(record))

    @contextmanager
    def held(self) -> Iterator[int | None]:
        """Hold the run: a file descriptor to hand to the child, which then holds it too; None if another has it.

        The kernel lets go of it when the last of its holders ends, however it ends.
        """
        self.folder.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder.path / "lock", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
        else:
            yield descriptor
        finally:
            os.close(descriptor)

    @property
    def _config(self) -> dict[str, Any]:
        group, name = self.variant.place
        where = {"experiment": name, "runs": str(self.runs / group), "seed_everything": self.seed}
        return {**self.variant.config, **where}

    def _config_there(self) -> dict[str, Any] | None:
        record = self.record()
        if record:
            return current_names(record["config"])
        try:
            there = read_yaml(self.folder.config)
        except InputError:
            return None
        return current_names(there) if isinstance(there, dict) else None
