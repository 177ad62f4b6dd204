"""Where a run lives: one folder for each experiment and seed, found again on resume."""

import fcntl
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nimba.runtime.errors import InputError


class RunFolder:
    """``<runs>/<experiment>/<seed>``, without time stamps, or a folder of the user's choice.

    Args:
        runs: folder of all runs.
        experiment: name of the experiment; the config says it.
        seed: of this run.
        output: the folder itself, in place of one by these names.
    """

    def __init__(self, runs: str | Path, experiment: str, seed: int, output: str | Path | None = None):
        if Path(experiment).name != experiment or experiment in ("", ".."):
            raise InputError(f"experiment: must be a plain name for a folder, got {experiment!r}")
        self.path = Path(runs) / experiment / str(seed) if output is None else Path(output)
        self.checkpoint = self.path / "last.ckpt"
        self.best = self.path / "best.ckpt"
        self.config = self.path / "config.yaml"
        self.record = self.path / "record.json"
        self.evaluation = self.path / "evaluation"
        self.csv = self.path / "csv"
        self.tensorboard = self.path / "tensorboard"

    @property
    def chosen(self) -> Path:
        """The checkpoint that the run hands out: of its lowest validation loss where it kept one, else the last."""
        return self.best if self.best.is_file() else self.checkpoint

    def check(self, resume: bool = False, overwrite: bool = False) -> None:
        """Whether a run can start or resume here; after one that ended before its first epoch did, both is the same.

        Raises:
            InputError: if a fresh run would write over another, or there is nothing to resume.
        """
        if resume and overwrite:
            raise InputError("--resume continues a run and --overwrite discards it: give one of them")
        if resume and not self._contents():
            raise InputError(f"{self.path}: holds no checkpoint to resume from; start without --resume")
        if resume and self.finished:
            raise InputError(f"{self.path}: its run is finished; give --overwrite to discard it and start anew")
        if any(path.exists() for path in (self.checkpoint, self.record, self.evaluation)) and not (resume or overwrite):
            raise InputError(
                f"{self.path}: holds a run already; give --resume to continue it, or --overwrite to discard it"
            )

    @property
    def stillborn(self) -> bool:
        """Whether a run began here and ended before its first epoch did: nothing of it is lost by starting anew."""
        return bool(self._contents()) and not (self.checkpoint.exists() or self.record.exists())

    def prepare(self, keep: bool) -> None:
        """Make the folder; what is in it of another run goes, unless it is to be kept."""
        self.path.mkdir(parents=True, exist_ok=True)
        for path in [] if keep else self._contents():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from training here; the system lets go of the folder when the process ends, however.

        Raises:
            InputError: if another process has it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(f"{self.path}: another process trains here; wait for it to end, or stop it") from None
            except OSError:
                pass  # a file system without locks: then there is only the user to keep two runs apart
            yield
        finally:
            os.close(descriptor)

    def how_to_resume(self) -> str:
        """The command that resumes the run, or starts it anew where it has no whole epoch yet."""
        command = f"python train.py fit --config {shlex.quote(str(self.config))}"
        if self.checkpoint.is_file():
            return f"the run is kept up to its last whole epoch; resume it with: {command} --resume"
        return f"no epoch was complete; start again with: {command}"

    @property
    def finished(self) -> bool:
        """Whether the run in it came to its end."""
        try:
            return bool(json.loads(self.record.read_text(encoding="utf-8"))["finished"])
        except (OSError, ValueError, KeyError):
            return False

    def _contents(self) -> list[Path]:
        ours = (self.checkpoint, self.best, self.config, self.record, self.evaluation, self.csv, self.tensorboard)
        return [path for path in ours if path.exists()]
