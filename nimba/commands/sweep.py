"""``nimba sweep``: train the variants of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.experiments.runs import Run


def sweep(
    sweeps: list[Path],
    *,
    workers: int = 1,
    only: list[str] | None = None,
    seeds: list[int] | None = None,
    runs: Path = Path("runs"),
    results: Path = Path("results"),
    dry_run: bool = False,
    engine: Literal["processes", "ray"] = "processes",
    ray_address: str | None = None,
) -> int:
    """Train the variants of sweeps: what is not finished is run, what was interrupted resumes, the records are kept.

    The exit code is 1 if a run failed.

    Args:
        sweeps: Files such as configs/sweeps/order.yaml.
        workers: Runs at once; the cores are shared out among them.
        only: These variants alone.
        seeds: In place of the sweeps' own.
        runs: Folder of all runs.
        results: Folder of the records that are kept.
        dry_run: Check all configs, and say how far each run is.
        engine: ray to train on the machines of a Ray cluster, which all have to see the folders of the data and of the
            runs under the same names; it needs nimba[ray].
        ray_address: HOST:PORT of a running Ray cluster, or auto for this machine's. Default: one is started here, for
            the time of the command.
    """
    if ray_address is not None and engine != "ray":
        raise InputError("ray_address: goes with --engine ray")
    import logging

    from nimba.evaluation.quiet import quieten
    from nimba.experiments.on_ray import RayRunner
    from nimba.experiments.runner import Runner, describe

    quieten()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # what a run says is in its own log
    chosen = _chosen(sweeps, only, seeds, runs, results)
    if dry_run:
        for run in chosen:
            run.check()
            print(describe(run))
        return 0
    runner = RayRunner(workers, ray_address) if engine == "ray" else Runner(workers)
    return 1 if runner.run(chosen) else 0


def _chosen(paths: list[Path], only: list[str] | None, seeds: list[int] | None, runs: Path, results: Path) -> list[Run]:
    """The runs that are asked for: sweep by sweep, seed by seed, each once."""
    from nimba.experiments.runs import Run
    from nimba.experiments.sweep import read_sweep

    sweeps = [read_sweep(path) for path in paths]
    known = {variant.name for one in sweeps for variant in one.variants}
    unknown = set(only or ()) - known
    if unknown:
        raise InputError(
            f"--only: no variant is called {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        )
    found = {
        (variant.place, seed): Run(variant, seed, runs, results)
        for one in sweeps
        for seed in seeds or one.seeds
        for variant in one.variants
        if not only or variant.name in only
    }
    return list(found.values())
