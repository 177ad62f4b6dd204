"""``nimba demo``: from nothing to a classified file and a picture of its path, on shapes that are made by code."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nimba.runtime.configs import find_config
from nimba.runtime.files import atomic_write

if TYPE_CHECKING:
    from nimba.inference import Answer

EXPERIMENT = "shapes"
SAMPLE_CLASS = "chair"
SAMPLE_SEED = 2024  # the data set's own specimens are seeded with three numbers each: this one is in no split
SAMPLE_POINTS = 4096


def demo(output: Path = Path("demo"), epochs: int | None = None) -> None:
    """Train on the built-in shapes, evaluate, classify a file and draw its path.

    Five minutes at most on two CPU cores. Each step says which command it is, for you to continue from there.

    Args:
        output: folder for everything that is written; a former demo in it is replaced.
        epochs: of the training; the config's number where not given.
    """
    import nimba
    from nimba.commands.classify import classify
    from nimba.commands.show import show
    from nimba.evaluation.cli import main as evaluate
    from nimba.training.cli import train

    start = time.monotonic()
    config = find_config(EXPERIMENT)
    shorter = [] if epochs is None else ["--trainer.max_epochs", str(epochs)]
    run = ["--runs", str(output), "--experiment", EXPERIMENT, "--data.cache_dir", str(output / "data"), *shorter]
    arguments = ["fit", "--config", str(config), *run, "--test_at_end", "false", "--overwrite"]
    _announce("train a small NIMBA on twelve classes of built-in shapes", "python train.py", arguments)
    _, objects = train(arguments)
    checkpoint = objects["folder"].checkpoint

    arguments = ["--checkpoint", str(checkpoint)]
    _announce("evaluate it on the test split", "python eval.py", arguments)
    accuracy = evaluate(arguments).plain.overall_accuracy

    sample = output / f"{SAMPLE_CLASS}.ply"
    write_sample(sample)
    _announce("classify a file", "nimba classify", [str(sample), "--weights", str(checkpoint)])
    classify([str(sample)], weights=str(checkpoint), top=3, up="y")
    answer = nimba.load(checkpoint).classify(sample, up="y")[0]

    picture = output / f"{SAMPLE_CLASS}_path.png"
    _announce("draw its path", "nimba show", [str(sample), "-o", str(picture)])
    show(sample, output=picture, up="y")
    _summarise(accuracy, answer, output, [checkpoint, sample, picture], time.monotonic() - start)


def _summarise(accuracy: float, answer: Answer, output: Path, files: list[Path], seconds: float) -> None:
    written = [*files, output / EXPERIMENT / "0" / "evaluation" / "confusion.png"]
    lines = [
        f"accuracy   {accuracy:.1%} of the test split's clouds (twelve classes)",
        f"sample     {answer.label}, with probability {answer.confidence:.1%} (it is a {SAMPLE_CLASS})",
        *(f"{'written' if not i else '':<11}{path}" for i, path in enumerate(p for p in written if p.is_file())),
        f"took       {seconds:.0f} s",
        "next       .venv/bin/nimba classify YOUR_FILE.ply      its class among the 40 of ModelNet40",
        "           .venv/bin/nimba show YOUR_FILE.ply          its path",
        "           .venv/bin/nimba doctor                      what this machine has and lacks",
    ]
    print("\n== done\n" + "\n".join(lines), flush=True)


def write_sample(path: Path) -> None:
    """Write a specimen that is in neither split of the built-in data as a PLY file, as a scanner's software might."""
    import numpy as np

    from nimba.datasets.shapes import make_shape

    points = make_shape(SAMPLE_CLASS, np.random.default_rng(SAMPLE_SEED), SAMPLE_POINTS)  # (SAMPLE_POINTS, 3)
    properties = "".join(f"property float {axis}\n" for axis in "xyz")
    header = f"ply\nformat ascii 1.0\nelement vertex {len(points)}\n{properties}end_header"
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, lambda partial: np.savetxt(partial, points, fmt="%.6f", header=header, comments=""))


def _announce(what: str, program: str, arguments: list[str]) -> None:
    print(f"\n== {what}\n$ {program} {shlex.join(arguments)}\n", flush=True)
