"""``python -m benchmarks [NAME ...]``: measure, print each figure with its aim, write results/benchmarks/NAME.json.

NAME.PART measures one part of a benchmark, a function of its module, and only prints: ``tokens.large_knn``.
``python -m benchmarks fuzz --help``: read damaged files of every format.
``python -m benchmarks wild --help``: classify files that nobody trained on.
``python -m benchmarks own --help``: train on data of one's own, by default options.
"""

import argparse
import importlib
import sys
from pathlib import Path

import torch

from benchmarks.figures import RESULTS, Findings, store

NAMES = ("serialization", "tokens", "scan", "network", "step", "memory", "cold", "reading")
APART = ("predict_ray",)  # ten minutes, and it needs the extra ray: only run where named
ON_DATA = ("scenes", "export")  # of what is right, on data that not everybody has: only run where named


def main() -> int:
    """Run the named benchmarks, or all; 0 even where an aim is missed, for that is a finding too."""
    if sys.argv[1:2] == ["fuzz"]:  # with arguments of its own, and no figures
        from benchmarks.fuzz import main as fuzz

        return fuzz(sys.argv[2:])
    if sys.argv[1:2] == ["wild"]:  # on data that not everybody has
        from benchmarks.wild import main as wild

        return wild(sys.argv[2:])
    if sys.argv[1:2] == ["own"]:
        from benchmarks.own import main as own

        return own(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    help_of_names = f"of {', '.join(NAMES)}, or NAME.PART; default: all of these; or {', '.join(APART + ON_DATA)}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=help_of_names)
    parser.add_argument("--data", type=Path, help=f"folder of data sets, for {', '.join(ON_DATA)}")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="default: all cores")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name.partition(".")[0] not in NAMES + APART + ON_DATA]
    if unknown:
        parser.error(f"{unknown[0]!r} is not one of {', '.join(NAMES + APART + ON_DATA)}")
    torch.set_num_threads(arguments.threads)
    missed = 0
    for name in arguments.names or NAMES:
        print(f"== {name}")
        module, _, part = name.partition(".")
        benchmark = importlib.import_module(f"benchmarks.{module}")
        if part:
            if not callable(getattr(benchmark, part, None)):
                parser.error(f"{name!r}: the benchmark {module} has no part {part!r}")
            findings = Findings()
            getattr(benchmark, part)(findings)
        else:
            findings = benchmark.run(arguments.data) if name in ON_DATA else benchmark.run()
            print(f"written: {store(name, findings).relative_to(RESULTS.parents[1])}\n")
        missed += sum(figure.met is False for figure in findings.figures)
    print(f"{missed} aims missed" if missed else "all aims met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
