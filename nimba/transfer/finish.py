"""The end of a run: calibrated weights, the figures of the test split, a page, and the next two commands."""

import shlex
import time
from pathlib import Path
from typing import Any

import pandas as pd

from nimba.classifier import NimbaClassifier, load
from nimba.classifier.pretrained import WEIGHTS, save_weights
from nimba.datasets import FolderDataModule
from nimba.datasets.dataset import CloudDataset
from nimba.evaluation.findings import Findings, SuspiciousLabel, duplicates_in
from nimba.evaluation.labelled import LabelledEvaluation, evaluate_clouds
from nimba.evaluation.page.write import write_training_report
from nimba.evaluation.sources import SPLIT
from nimba.evaluation.storing import METRICS, PAGE
from nimba.evaluation.suspicious import suspicious_labels
from nimba.records.folder import RunFolder
from nimba.records.results import read_json
from nimba.runtime.files import atomic_write, write_json
from nimba.transfer.choose_start import spread
from nimba.transfer.features import held_out, pooled_features

_MOST = 1500  # training clouds whose labels are looked at once more
_FOLDS = 5


def finish(folder: RunFolder, data: FolderDataModule) -> None:
    """Make of a trained network what its user works with.

    Args:
        folder: of the run, whose training has ended.
        data: that it was trained on.

    Raises:
        InputError: for data that have gone since.
        OSError: if something cannot be written; the same command tries it again.
    """
    start = time.monotonic()
    record = read_json(folder.record)
    model = load(folder.chosen)
    assert model.spec is not None
    calibration = model.spec.calibration
    weights = folder.path / WEIGHTS
    save_weights(model, model.spec, weights)
    train, _ = data.plain_splits()
    _write_split(folder.path / SPLIT, data, train)
    model = load(weights)  # what is scored is the file
    evaluation = _score(model, data)
    findings = _look_for_faults(model, data, train)
    metrics: dict[str, Any] = {
        **evaluation.metrics(),
        "train_seconds": record["seconds"],
        "train_clouds": len(train),
        "epochs": len(record["epochs"]),
        "weights": "lowest validation loss" if folder.chosen == folder.best else "last epoch",
        "calibration_clouds": 0 if calibration is None else calibration.clouds,
        "leaks": len(findings.leaks),
        "suspicious_labels": len(findings.labels or ()),
        "finish_seconds": round(time.monotonic() - start, 1),
    }
    commands = _next_commands(folder, data)
    title = f"{folder.path.name}: {len(data.class_names)} classes"
    write_training_report(
        folder.path / PAGE, evaluation, epochs=record["epochs"], findings=findings, title=title, commands=commands
    )
    write_json(folder.path / METRICS, metrics)  # last: with it the run has come to its end
    _say(metrics, findings, folder, commands)


def _score(model: NimbaClassifier, data: FolderDataModule) -> LabelledEvaluation:
    """The test split, as ``nimba classify`` answers about its files."""
    paths = data.splits["test"]
    labels = [data.layout.class_of(path) for path in paths]
    return evaluate_clouds(model, paths, labels, [data.layout.name_of(path) for path in paths])


def _look_for_faults(model: NimbaClassifier, data: FolderDataModule, train: CloudDataset) -> Findings:
    """Duplicates among the files, and training labels that a classifier which has not seen them contradicts."""
    duplicates = duplicates_in(data.splits, data.layout.class_of, data.layout.name_of)
    places = spread(train.clouds.labels[train.indices], _MOST, data.seed)
    chosen = train.indices[places]
    clouds = [train.clouds[int(place)] for place in chosen]
    names = [train.clouds.ids[int(place)] for place in chosen]
    labels = train.clouds.labels[chosen]
    features = pooled_features(model, clouds, data.num_points)
    found = held_out(features, labels, [data.group_of(name) for name in names], _FOLDS, data.seed)
    suspicious = [
        SuspiciousLabel(names[one.place], data.class_names[one.label], data.class_names[one.suggested], one.margin)
        for one in suspicious_labels(found.probabilities, labels)
    ]
    return Findings(duplicates, suspicious)


def _write_split(path: Path, data: FolderDataModule, train: CloudDataset) -> None:
    """Which file was in which split: a table that ``nimba train`` and ``nimba evaluate`` read."""
    kept = {train.clouds.ids[place] for place in train.indices}
    validation = set(train.clouds.ids) - kept
    rows = []
    for split, files in data.splits.items():
        for file in files:
            own = "val" if split == "train" and data.layout.name_of(file) in validation else split
            rows.append({"path": str(file.resolve()), "label": data.layout.class_of(file), "split": own})
    table = pd.DataFrame(rows)
    atomic_write(path, lambda partial: table.to_csv(partial, index=False))


def _next_commands(folder: RunFolder, data: FolderDataModule) -> list[str]:
    run, example = shlex.quote(str(folder.path)), shlex.quote(str(data.splits["test"][0]))
    return [f"nimba classify {example} --weights {run}", f"nimba evaluate {folder.path / SPLIT} --weights {run}"]


def _say(metrics: dict[str, Any], findings: Findings, folder: RunFolder, commands: list[str]) -> None:
    low, high = metrics["oa_low"], metrics["oa_high"]
    print(
        f"\ntest      OA {metrics['oa']:.1%} (95 % interval {low:.1%} to {high:.1%}), mAcc {metrics['macc']:.1%}, "
        f"{metrics['clouds']} clouds, weights of the {metrics['weights']}"
    )
    same = sum(one.kind != "near" for one in findings.leaks)
    if same:
        print(f"warning   {same} clouds lie in train and in test as well: the figure is too good")
    if len(findings.leaks) > same:
        print(f"look at   {len(findings.leaks) - same} clouds of test that are nearly the same as one in train")
    if findings.labels:
        print(f"look at   {len(findings.labels)} labels that may be wrong, such as {findings.labels[0].id}")
    print(f"report    {folder.path / PAGE}")
    print(f"next      {commands[0]}\n          {commands[1]}", flush=True)
