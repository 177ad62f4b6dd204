"""Where a run lives: one folder for each experiment and seed, found again on resume."""

import json
import shlex
import shutil
from pathlib import Path

from nimba.runtime.errors import InputError


class RunFolder:
    """``<runs>/<experiment>/<seed>``, without time stamps.

    Args:
        runs: folder of all runs.
        experiment: name of the experiment; the config says it.
        seed: of this run.
    """

    def __init__(self, runs: str | Path, experiment: str, seed: int):
        if Path(experiment).name != experiment or experiment in ("", ".."):
            raise InputError(f"experiment: must be a plain name for a folder, got {experiment!r}")
        self.path = Path(runs) / experiment / str(seed)
        self.checkpoint = self.path / "last.ckpt"
        self.config = self.path / "config.yaml"
        self.record = self.path / "record.json"
        self.evaluation = self.path / "evaluation"
        self.csv = self.path / "csv"
        self.tensorboard = self.path / "tensorboard"

    def check(self, resume: bool = False, overwrite: bool = False) -> None:
        """Whether a run can start, or go on, here.

        Raises:
            InputError: if a fresh run would write over another, or there is nothing to resume.
        """
        if resume and overwrite:
            raise InputError("--resume continues a run and --overwrite discards it: give one of them")
        if resume and not self.checkpoint.is_file():
            raise InputError(f"{self.path}: holds no checkpoint to resume from; start without --resume")
        if resume and self._finished():
            raise InputError(f"{self.path}: its run is finished; give --overwrite to discard it and start anew")
        if self._contents() and not (resume or overwrite):
            raise InputError(
                f"{self.path}: holds a run already; give --resume to go on with it, or --overwrite to discard it"
            )

    def prepare(self, keep: bool) -> None:
        """Make the folder; what is in it of another run goes, unless it is to be kept."""
        for path in [] if keep else self._contents():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.path.mkdir(parents=True, exist_ok=True)

    def how_to_resume(self) -> str:
        """The command that resumes the run, or starts it anew where it has no whole epoch yet."""
        command = f"python train.py fit --config {shlex.quote(str(self.config))}"
        if self.checkpoint.is_file():
            return f"the run is kept up to its last whole epoch; resume it with: {command} --resume"
        return f"no epoch was complete; start anew with: {command} --overwrite"

    def _finished(self) -> bool:
        try:
            return bool(json.loads(self.record.read_text(encoding="utf-8"))["finished"])
        except (OSError, ValueError, KeyError):
            return False

    def _contents(self) -> list[Path]:
        ours = (self.checkpoint, self.config, self.record, self.evaluation, self.csv, self.tensorboard)
        return [path for path in ours if path.exists()]
