"""``nimba train``: a classifier of a user's own clouds, or a run by a config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nimba.transfer import Run


def train(
    data: str,
    *,
    output: Path | None = None,
    start: str = "auto",
    epochs: int | None = None,
    minutes: float | None = None,
    points: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    augment: Literal["auto", "strong", "light", "none"] = "auto",
    group_by: str | None = None,
    test_fraction: float = 0.2,
    val_fraction: float | None = None,
    folds: int = 0,
    fold: int = 0,
    seed: int = 0,
    workers: int = 0,
    overwrite: bool = False,
    settings: list[str] | None = None,
) -> Run:
    """Train a classifier on your own clouds.

    What is not given is chosen from the data, and printed. The same command resumes after any kill. The run's folder
    gets weights.safetensors, metrics.json, report.html, the config, the split and a log; nimba classify and nimba
    evaluate take it as --weights.

    Args:
        data: A folder with a folder per class (with or without train, val and test), a table (.csv, .tsv, .parquet) of
            paths and labels, or the name of a config such as modelnet40_cpu, or a YAML file. Clouds and meshes:
            {formats}.
        output: The run's folder. Default: runs/ and the name of the data.
        start: Trained weights to begin with: a name, file or run; auto takes those of the package that suit the data
            best, none begins with fresh ones.
        epochs: How often all clouds are seen.
        minutes: How long to train, about.
        points: How many points of a cloud to read.
        batch_size: How many clouds an update takes.
        lr: The highest learning rate.
        up: The files' up axis, -z for one that points down. auto finds it.
        augment: How clouds are changed in training. strong turns them about the up axis as well; light only scales and
            shifts them, for things that all face the same way.
        group_by: A regular expression on paths. Files that it matches alike (in its first parenthesis, or as a whole),
            such as scans of one object, never fall on both sides of a cut.
        test_fraction: How much of each class is kept for the test, where the data bring no test split.
        val_fraction: How much of each class in train is kept to tell when to end, and for calibration. Default: .15,
            or none where every cloud is needed.
        folds: Cut the data into so many parts, and test on one, for cross-validation.
        fold: Which part to test on, from 0.
        seed: Of everything.
        workers: How many processes read clouds.
        overwrite: Discard another run in the folder.
        settings: Further settings of the run, as --trainer.max_epochs 3; train.py fit --help lists them.
    """
    from nimba.runtime.configs import ENDINGS, find_config
    from nimba.transfer import Request
    from nimba.transfer.by_config import train_config
    from nimba.transfer.run import train_own

    request = Request(
        data=str(data),
        start=start,
        epochs=epochs,
        minutes=minutes,
        points=points,
        batch_size=batch_size,
        lr=lr,
        up=up,
        augment=augment,
        group_by=group_by,
        test_fraction=test_fraction,
        val_fraction=val_fraction,
        folds=folds,
        fold=fold,
        seed=seed,
        workers=workers,
        settings=tuple(settings or ()),
    )
    source = Path(data)
    if source.is_dir() or (source.is_file() and source.suffix not in ENDINGS):
        return train_own(request, output, overwrite)
    return train_config(find_config(data), request, output, overwrite)
