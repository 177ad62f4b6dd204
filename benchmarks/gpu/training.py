"""A training with the paper's config, through train.py, for as long as there is time."""

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Findings

CONFIGS = ("configs/modelnet40.yaml", "configs/strategies/gpu.yaml")
TRAINING_CLOUDS = 9843  # of ModelNet40
LEAST = 60  # seconds, below which it is not worth a start


def train(data: Path, out: Path, end: float, findings: Findings) -> None:
    """Train until ``end``; the run lies in ``out/runs``, and a second call resumes it.

    Args:
        data: folder of modelnet40_ply_hdf5_2048.
        out: where the run goes.
        end: by ``time.monotonic``.
        findings: get the rate of the epochs after the first.
    """
    left = end - time.monotonic()
    if left < LEAST:
        print(f"training: {max(left, 0):.0f} s are too few")
        return
    folder = out / "runs" / "modelnet40" / "0"
    command = [sys.executable, "train.py", "fit", *(f"--config={config}" for config in CONFIGS)]
    command += [f"--data.init_args.root={data}", f"--runs={out / 'runs'}"]
    command += ["--resume"] if (folder / "last.ckpt").is_file() else ["--overwrite"]
    with (out / "train.log").open("a") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            process.wait(left)
        except subprocess.TimeoutExpired:
            process.terminate()
            print("training: stopped at the limit; --resume continues")
    record = folder / "record.json"
    if not record.is_file():
        raise RuntimeError(f"no epoch was finished; see {out / 'train.log'}")
    rate(json.loads(record.read_text(encoding="utf-8")), findings)


def rate(record: dict, findings: Findings) -> None:
    """Clouds a second over all epochs, and the test's accuracy where the run is at its end."""
    epochs = len(record["epochs"])
    findings.add(
        f"training through train.py, {epochs} epochs", TRAINING_CLOUDS * epochs / record["seconds"], "clouds/s"
    )
    if record["finished"]:
        findings.add("ModelNet40, test, last epoch", 100 * record["test"]["OA"], "% OA")
