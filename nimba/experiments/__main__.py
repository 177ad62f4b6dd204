"""``python -m nimba.experiments run SWEEP.yaml ...``."""

import argparse
import logging
import sys
from pathlib import Path

from nimba.evaluation.quiet import quieten
from nimba.experiments.runner import Runner, describe
from nimba.experiments.runs import Run
from nimba.experiments.sweep import read_sweep
from nimba.runtime.cleanly import run_cleanly
from nimba.runtime.errors import InputError


def main() -> int:
    """Run sweeps as the command line says; 1 if a run failed."""
    parser = argparse.ArgumentParser(prog="python -m nimba.experiments", description="Train the variants of a sweep.")
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "run", help="run what is not finished, resume what was interrupted, keep the records"
    )
    command.add_argument("sweeps", type=Path, nargs="+", metavar="SWEEP", help="such as configs/sweeps/order.yaml")
    command.add_argument("--workers", type=int, default=1, help="runs at once; the cores are shared out among them")
    command.add_argument("--only", nargs="+", metavar="NAME", help="these variants alone")
    command.add_argument("--seeds", type=int, nargs="+", metavar="SEED", help="in place of the sweeps' own")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="folder of all runs")
    command.add_argument("--results", type=Path, default=Path("results"), help="folder of the records that are kept")
    command.add_argument("--dry-run", action="store_true", help="check all configs and say how far each run is")
    arguments = parser.parse_args()
    quieten()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # what a run says is in its own log
    runs = _runs(arguments)
    if arguments.dry_run:
        for run in runs:
            run.check()
            print(describe(run))
        return 0
    failed = Runner(arguments.workers).run(runs)
    return 1 if failed else 0


def _runs(arguments: argparse.Namespace) -> list[Run]:
    """The runs that are asked for: sweep by sweep, seed by seed, each once."""
    sweeps = [read_sweep(path) for path in arguments.sweeps]
    known = {variant.name for sweep in sweeps for variant in sweep.variants}
    unknown = set(arguments.only or ()) - known
    if unknown:
        raise InputError(
            f"--only: no variant is called {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        )
    runs = {
        (variant.place, seed): Run(variant, seed, arguments.runs, arguments.results)
        for sweep in sweeps
        for seed in arguments.seeds or sweep.seeds
        for variant in sweep.variants
        if not arguments.only or variant.name in arguments.only
    }
    return list(runs.values())


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
