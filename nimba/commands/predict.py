"""``nimba predict``: the classes of every cloud in a folder, by one process or several, or by a cluster."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.prediction import PredictionSettings, Summary
    from nimba.prediction.on_ray.summary import Summary as SummaryOnRay

INCOMPLETE = 1  # exit code: some files could not be read, or have no prediction yet


def predict(
    folder: str,
    *,
    output: str = "predictions",
    weights: str | None = None,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    turns: Literal[1, 4] | None = None,
    top: int = 5,
    batch_size: int = 64,
    workers: int = 0,
    merge: bool = False,
    engine: Literal["processes", "ray"] = "processes",
    ray_address: str | None = None,
    gpus_per_worker: float = 0,
    part_size: int = 256,
) -> int:
    """Classify every point cloud or mesh in a folder, at any depth.

    Each batch is on the disk before the next begins: if it is killed, the same command resumes where it stopped.

    Args:
        folder: Where the clouds are: {formats}. With --engine ray also s3://bucket/prefix, gs://bucket/prefix, or a
            list of paths and addresses (.txt, .csv, .parquet; on the web too).
        output: Folder for the predictions, shards while it goes and predictions.csv at the end. With --engine ray also
            s3://bucket/prefix or gs://bucket/prefix: Parquet files in parts/, and summary.json at the end.
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        up: The files' up axis, -z for one that points down. auto finds it, with a vote of the first 128 files; with
            weights that were trained on a folder of your own it is the axis of those files.
        turns: 4 to look at each cloud from four sides, and weigh what is seen; 1 to take it as it faces. Default: 4,
            but 1 with weights that have learnt how your files face.
        top: How many classes to write of each file.
        batch_size: How many files to classify together.
        workers: How many processes share the files out, a core each, and the GPUs in turn; 0 to do all in this one,
            with all cores. With --engine ray: how many parts are done at once; 0 for one on each core of the cluster.
        merge: Predict nothing; write predictions.csv from what there is.
        engine: ray to use the machines of a Ray cluster, and to read and write buckets; it needs nimba[ray].
        ray_address: HOST:PORT of a running Ray cluster, or auto for this machine's. Default: one is started here, for
            the time of the command.
        gpus_per_worker: With --engine ray: GPUs of each worker, or a share of one; 0 for a core each.
        part_size: With --engine ray: how many files a Parquet file has the rows of.
    """
    from_elsewhere = engine == "ray"
    if not from_elsewhere:
        _check_local(folder, ray_address, gpus_per_worker)
    elif merge:
        raise InputError("merge: is not needed with --engine ray; the parts are the table")

    import nimba
    from nimba.prediction import PredictionSettings, merge_folder

    settings = PredictionSettings(up, top, batch_size, workers, turns)
    if merge:
        return _say(*merge_folder(Path(folder), Path(output)), "have no prediction yet; run it without --merge")
    try:
        if from_elsewhere:
            from nimba.prediction.on_ray import RaySettings, predict_on_ray

            spread = RaySettings(ray_address, gpus_per_worker, part_size)
            origin, where = os.fspath(folder), os.fspath(output)
            on_ray = predict_on_ray(nimba.load(weights), origin, where, settings, spread, sys.stderr.isatty())
            return _say(on_ray, 0, "")
        return _on_this_machine(Path(folder), Path(output), weights, settings)
    except KeyboardInterrupt as stop:
        raise type(stop)("the same command resumes where it stopped") from None


def _check_local(folder: str, ray_address: str | None, gpus_per_worker: float) -> None:
    if ray_address is not None or gpus_per_worker:
        option = "gpus_per_worker" if ray_address is None else "ray_address"
        raise InputError(f"{option}: goes with --engine ray")
    if not Path(folder).is_dir():
        what = "buckets and lists go with --engine ray, single files to nimba classify"
        raise InputError(f"{folder}: no such folder; {what}")


def _on_this_machine(folder: Path, output: Path, weights: str | None, settings: PredictionSettings) -> int:
    import torch

    import nimba
    from nimba.prediction import predict_folder

    model = nimba.load(weights)
    if torch.cuda.is_available() and not settings.workers:
        model = model.to("cuda")
    outcome = predict_folder(model, folder, output, settings, sys.stderr.isatty())
    for example in outcome.examples:
        print("error:", example, file=sys.stderr)
    return _say(outcome.summary, outcome.delayed, "could not be read for now; the same command tries them again")


def _say(summary: Summary | SummaryOnRay, missing: int, why: str) -> int:
    passed = f"; {summary.passed_over:,} that are no clouds were passed over" if summary.passed_over else ""
    print(f"{summary.table}: {summary.files} files{passed}")
    if missing:
        print(f"error: {missing} files {why}", file=sys.stderr)
    if summary.unreadable:
        print(f"error: {summary.unreadable} files could not be read; the column error says why", file=sys.stderr)
    return INCOMPLETE if missing or summary.unreadable else 0
