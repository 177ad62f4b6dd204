"""A whole training of nimba_best in the time there is, through train.py, and its weights in pieces that travel."""

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Findings
from benchmarks.gpu.setup import Setup
from nimba.classifier import load
from nimba.classifier.pretrained import save_weights
from nimba.runtime.files import write_json

CONFIGS = ("configs/modelnet40_best.yaml", "configs/strategies/gpu.yaml")
EXPERIMENT = "modelnet40_best"
TRAINING_CLOUDS = 9843  # of ModelNet40
EPOCHS = 300  # of the config: the most that are trained
TRIAL_EPOCHS = 6  # by which the rate is found
SPARE = 0.12  # of the time, for the test at the end and for epochs that are slower than the trial's
GRACE = 30.0  # seconds for a run that is told to stop, and for its weights
PIECE = 15 << 20  # bytes
SAID = re.compile(r"^epoch \d+/\d+ .* (\d+) s$", re.MULTILINE)
TINY = ("--trainer.limit_train_batches=2", "--trainer.limit_val_batches=1", "--test_at_end=false")


@dataclass(frozen=True)
class Job:
    """A training and its limits.

    Args:
        data: folder of modelnet40_ply_hdf5_2048; None to train nothing.
        out: gets the record, the log and the weights.
        work: gets the run, of a few hundred megabytes; a second call goes on with it.
        seconds: for all of it.
    """

    data: Path | None
    out: Path
    work: Path
    seconds: float

    def run(self, setup: Setup, findings: Findings) -> None:
        """Train so many epochs that the schedule ends within the time, and keep the averaged weights.

        Raises:
            RuntimeError: without data, or if no epoch was finished.
        """
        if self.data is None:
            raise RuntimeError("no --data")
        end = time.monotonic() + self.seconds
        folder = self.work / "runs" / EXPERIMENT / "0"
        plan = self.work / "epochs.json"
        if not plan.is_file():
            self.work.mkdir(parents=True, exist_ok=True)
            write_json(plan, self._epochs(setup, end))
        epochs = json.loads(plan.read_text(encoding="utf-8"))
        resume = (folder / "last.ckpt").is_file()
        self._train(setup, self.work / "runs", epochs, end, "--resume" if resume else "--overwrite")
        record = _read(folder / "record.json", self.out / "train.log")
        write_json(self.out / "training.json", record)
        self._keep_weights(folder / "last.ckpt")
        rate(record, findings)
        if not record["finished"]:
            raise RuntimeError(f"{len(record['epochs'])} of {epochs} epochs: call again, with the same --work")

    def _epochs(self, setup: Setup, end: float) -> int:
        """How many epochs fit, by a short trial."""
        if setup.rehearsal:
            return 1
        begin = time.monotonic()
        self._train(setup, self.work / "trial", TRIAL_EPOCHS, end, "--overwrite", "--test_at_end=false")
        now = time.monotonic()
        said = (self.out / "train.log").read_text(encoding="utf-8")
        return fitting_epochs([float(seconds) for seconds in SAID.findall(said)], now - begin, end - now)

    def _train(self, setup: Setup, runs: Path, epochs: int, end: float, *further: str) -> None:
        configs = CONFIGS[:1] if setup.rehearsal else CONFIGS
        command = [sys.executable, "train.py", "fit", *(f"--config={config}" for config in configs)]
        command += [f"--data.init_args.root={self.data}", f"--runs={runs}", f"--trainer.max_epochs={epochs}"]
        command += ["--data.init_args.num_workers=0", *(TINY if setup.rehearsal else ()), *further]
        print(" ".join(command), flush=True)
        with (self.out / "train.log").open("a") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                code = process.wait(max(end - time.monotonic(), 1))
            except (subprocess.TimeoutExpired, TimeoutError):
                process.send_signal(signal.SIGTERM)
                process.wait()
                print("stopped at the limit", flush=True)
                return
        if code:
            raise RuntimeError(f"train.py ended with {code}; see train.log")

    def _keep_weights(self, checkpoint: Path) -> None:
        """The averaged weights in half precision, in pieces; ``cat weights.* > NAME.safetensors`` joins them."""
        model = load(checkpoint)
        assert model.spec is not None
        whole = self.work / "weights.safetensors"
        save_weights(model, model.spec, whole)
        split(whole, self.out)


def fitting_epochs(marks: list[float], taken: float, left: float) -> int:
    """Epochs that fit into the time left.

    Args:
        marks: whole seconds after which each epoch of a trial was done; the first one loads and compiles.
        taken: seconds of the whole trial, from its start to its end.
        left: seconds.

    Raises:
        RuntimeError: if the trial said of fewer than two epochs.
    """
    if len(marks) < 2:
        raise RuntimeError("the trial finished fewer than two epochs; see train.log")
    usual = (marks[-1] - marks[0] + 0.5) / (len(marks) - 1)
    start = max(taken - usual * (len(marks) - 1), 0)
    return max(min(int((left * (1 - SPARE) - start) / usual), EPOCHS), 1)


def split(whole: Path, folder: Path, piece: int = PIECE) -> list[Path]:
    """Cut a file into pieces, ``weights.0``, ``weights.1``, ..."""
    content = whole.read_bytes()
    pieces = [folder / f"weights.{number}" for number in range(-(-len(content) // piece))]
    for number, path in enumerate(pieces):
        path.write_bytes(content[number * piece : (number + 1) * piece])
    return pieces


def rate(record: dict[str, Any], findings: Findings) -> None:
    """Clouds a second over all epochs, and the test's accuracy where the run is at its end."""
    epochs = len(record["epochs"])
    findings.add(
        f"training through train.py, {epochs} epochs", TRAINING_CLOUDS * epochs / record["seconds"], "clouds/s"
    )
    if record["finished"] and record.get("test"):
        findings.add(f"ModelNet40, test, after {epochs} epochs", 100 * record["test"]["OA"], "% OA")


def _read(record: Path, log: Path) -> dict[str, Any]:
    if not record.is_file():
        raise RuntimeError(f"no epoch was finished; see {log.name}")
    return dict(json.loads(record.read_text(encoding="utf-8")))
