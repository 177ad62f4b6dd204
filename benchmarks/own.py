"""``python -m benchmarks own --data FOLDER``: how good ``nimba train`` is on data of one's own, by default options.

Real LiDAR objects in five folds, and two sets of which five clouds a class are learnt from: models of furniture, and
views of a depth camera. Beside each: the same command from nothing, and a random forest on simple features.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import nimba
from benchmarks.figures import RESULTS, Findings, store
from benchmarks.own_forest import forest_accuracy
from benchmarks.wild_data import WildData
from nimba.transfer import Run

LIDAR = ("building", "car", "fence", "pole", "tree")
SHOTS = 5
FEWEST = 8  # models of a class of furniture, for five to learn from and some to test on


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and keep the findings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks own", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with wild/ and dales5.npz")
    parser.add_argument("--work", type=Path, required=True, help="folder for clouds and runs; finished runs are kept")
    options = parser.parse_args(arguments)
    data, findings = WildData(options.data), Findings()
    _few("furniture, 5 a class", _furniture(data, options.work / "furniture"), options.work, findings, "y")
    _few("depth views, 5 a class", _views(data, options.work / "views"), options.work, findings, "z")
    _folds(_lidar(data, options.work / "lidar"), options.work, findings)
    print(f"written: {store('own', findings).relative_to(RESULTS.parents[1])}")
    return 0


def _few(what: str, folder: Path, work: Path, findings: Findings, up: str) -> None:
    """Train by default, from nothing, and a forest; train and test as the folder has them."""
    ours = _trained(folder, work / f"{folder.name}-auto")
    fresh = _trained(folder, work / f"{folder.name}-none", start="none")
    plain, sized = (forest_accuracy(folder, up, size) for size in (False, True))
    best, nothing = 100 * ours.metrics["oa"], 100 * fresh.metrics["oa"]
    findings.add(f"{what}: OA", best, "%", at_least=max(nothing + 10, 100 * plain), note=_where(ours))
    findings.add(f"{what}: OA from nothing", nothing, "%")
    findings.add(f"{what}: OA of a forest on simple features", 100 * plain, "%")
    findings.add(f"{what}: OA of a forest that knows sizes too", 100 * sized, "%")


def _folds(folder: Path, work: Path, findings: Findings) -> None:
    runs = [_trained(folder, work / f"lidar-{fold}", folds=5, fold=fold) for fold in range(5)]
    accuracies = [100 * run.metrics["oa"] for run in runs]
    shown = ", ".join(f"{accuracy:.1f}" for accuracy in accuracies)
    findings.add("LiDAR objects, five folds: OA", float(np.mean(accuracies)), "%", at_least=99.3, note=shown)
    longest = max(run.metrics["train_seconds"] + run.metrics["finish_seconds"] for run in runs) / 60
    findings.add("LiDAR objects: the longest fold", longest, "min", at_most=10)


def _trained(folder: Path, output: Path, **options: object) -> Run:
    """The run in a folder, trained where it has not ended yet."""
    if (output / "metrics.json").is_file():
        return Run(output)
    return nimba.train(str(folder), output=output, **options)  # type: ignore[arg-type]


def _where(run: Run) -> str:
    """What a run began with."""
    line = next(line for line in (run.path / "log.txt").read_text().splitlines() if line.startswith("start"))
    return f"begun with {line.split()[1].rstrip(',')}"


def _furniture(data: WildData, folder: Path) -> Path:
    models = [pair for split in ("dev", "test") for pair in data.furniture_models(split)]
    names = [row["modelnet40"] for row, _ in models]
    kept = [place for place, name in enumerate(names) if names.count(name) >= FEWEST]
    clouds = [models[place][1].astype(np.float32) / 32767 for place in kept]
    return _write(folder, clouds, [names[place] for place in kept])


def _views(data: WildData, folder: Path) -> Path:
    with np.load(data.folder / "wild" / "fgpod20.npz") as file:
        names = [str(name) for name in file["names"]]
    clouds = [(cloud / 10, name) for name in names for cloud in data.depth_views(name)]
    return _write(folder, [cloud for cloud, _ in clouds], [name.replace(" ", "_") for _, name in clouds])


def _lidar(data: WildData, folder: Path) -> Path:
    if not folder.is_dir():
        for name in LIDAR:
            (folder / name).mkdir(parents=True)
            for number, cloud in enumerate(data.lidar(name)):
                np.save(folder / name / f"{number:03d}.npy", cloud)
    return folder


def _write(folder: Path, clouds: list[np.ndarray], names: list[str]) -> Path:
    """Five clouds of each class, drawn with a fixed seed, as train, the others as test."""
    if folder.is_dir():
        shutil.rmtree(folder)
    rng = np.random.default_rng(0)
    for name in sorted(set(names)):
        members = rng.permutation([place for place, other in enumerate(names) if other == name])
        for rank, place in enumerate(members):
            target = folder / ("train" if rank < SHOTS else "test") / name
            target.mkdir(parents=True, exist_ok=True)
            np.save(target / f"{place:04d}.npy", clouds[place])
    return folder
