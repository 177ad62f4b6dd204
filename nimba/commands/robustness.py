"""``nimba robustness``: what a classifier makes of corrupted clouds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def evaluate_robustness(
    *,
    output: Path,
    weights: str | None = None,
    data: Path | None = None,
    only: Literal["conditions", "corruptions"] | None = None,
    frame: Literal["unit_sphere", "cube"] = "unit_sphere",
    limit: int | None = None,
    seed: int = 0,
) -> int:
    """Score weights clean, under the conditions and the corruptions.

    It can be interrupted: what the record holds already is not scored again.

    Args:
        output: The record, a JSON file.
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        data: Folder of the data. Default: where the run had it.
        only: One kind of test alone, beside clean. Default: both.
        frame: What corrupted clouds are normalised into.
        limit: At most so many clouds, spread evenly over the test split, for a quick look.
        seed: Of all randomness.
    """
    from nimba.classifier.pretrained import DEFAULT_WEIGHTS
    from nimba.robustness.evaluate import evaluate
    from nimba.robustness.report import lines

    record = evaluate(weights or DEFAULT_WEIGHTS, output, data, only, limit, seed, frame)
    print("\n".join([*lines(record), "", f"written: {output}"]))
    return 0


def sweep_robustness(
    sweep: Path,
    *,
    runs: Path = Path("runs"),
    results: Path = Path("results"),
    data: Path | None = None,
    only: Literal["conditions", "corruptions"] = "conditions",
    limit: int | None = None,
    seed: int = 0,
) -> int:
    """Score every finished run of a sweep, one record each.

    Args:
        sweep: Such as configs/sweeps/robustness.yaml.
        runs: Folder of all runs.
        results: Folder of the records that are kept.
        data: Folder of the data. Default: where each run had it.
        only: The kind of test, beside clean.
        limit: At most so many clouds, spread evenly over the test split, for a quick look.
        seed: Of all randomness.
    """
    from nimba.robustness.sweep import evaluate_sweep

    for line in evaluate_sweep(sweep, runs, results, root=data, only=only, limit=limit, seed=seed):
        print(line, flush=True)
    return 0


def show_robustness(
    source: str,
    *,
    output: Path,
    up: Literal["x", "y", "z", "-x", "-y", "-z"] = "y",
    severity: Literal[1, 2, 3, 4, 5] = 3,
    seed: int = 0,
) -> int:
    """Draw a cloud under all corruptions.

    Args:
        source: A cloud or mesh ({formats}), or the name of a built-in shape, such as chair.
        output: The picture, a .png file.
        up: A file's up axis, -z for one that points down.
        severity: Of the corruptions.
        seed: Of the corruptions.
    """
    from nimba.robustness.picture import draw_corruptions, open_cloud

    draw_corruptions(open_cloud(source, up), output, severity, seed)
    print(f"written: {output}")
    return 0
