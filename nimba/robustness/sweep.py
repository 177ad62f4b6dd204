"""Test every finished run of a sweep, one record each."""

from collections.abc import Iterator
from pathlib import Path

from nimba.experiments.runs import Run
from nimba.experiments.sweep import read_sweep
from nimba.records.results import percent
from nimba.robustness.cells import Kind
from nimba.robustness.evaluate import evaluate
from nimba.runtime.errors import InputError

FOLDER = "robustness"  # of the records, among the results


def evaluate_sweep(
    path: Path,
    runs: Path,
    results: Path,
    *,
    root: Path | None = None,
    only: Kind | None = "conditions",
    limit: int | None = None,
    seed: int = 0,
) -> Iterator[str]:
    """Test each finished run of a sweep that has not been tested yet, and resume where a test was interrupted.

    The record of a run is ``<results>/robustness/<variant>-<seed>.json``.

    Args:
        path: of the sweep.
        runs: folder of all runs.
        results: folder of all records that are kept.
        root: folder of the data; None for where each run had it.
        only, limit, seed: as for ``evaluate``.

    Yields:
        A line about each run.

    Raises:
        InputError: for a bad sweep, one without finished runs, and as ``evaluate`` does.
    """
    sweep = read_sweep(path)
    every = [Run(variant, number, runs, results) for number in sweep.seeds for variant in sweep.variants]
    if not any(run.finished for run in every):
        raise InputError(f"{path}: none of its runs in {runs} is finished; nimba sweep {path}")
    for run in every:
        name = f"{run.variant.name}-{run.seed}"
        if not run.finished:
            yield f"{name}: not finished yet"
            continue
        origin = {"sweep": sweep.name, "name": run.variant.name, "seed": run.seed}
        output = results / FOLDER / f"{name}.json"
        checkpoint = str(run.folder.checkpoint)
        record = evaluate(checkpoint, output, root, only, limit, seed, variant=origin)
        yield f"{name}: {output}, clean OA {percent(record['cells']['clean']['OA'])}"
