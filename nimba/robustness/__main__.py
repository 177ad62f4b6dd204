"""``python -m nimba.robustness evaluate | sweep | show``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nimba.robustness.corruptions.apply import FRAMES
from nimba.robustness.corruptions.registry import SEVERITIES
from nimba.runtime.cleanly import run_cleanly

_KINDS = ("conditions", "corruptions")


def main(command_line: Sequence[str] | None = None) -> None:
    """Test, or draw, as the command line says; None for the process's own."""
    arguments = _parser().parse_args(command_line)
    if arguments.command == "show":
        from nimba.robustness.picture import draw_corruptions, open_cloud

        cloud = open_cloud(arguments.cloud, arguments.up)
        draw_corruptions(cloud, arguments.output, arguments.severity, arguments.seed)
        print(f"written: {arguments.output}")
    elif arguments.command == "sweep":
        from nimba.robustness.sweep import evaluate_sweep

        settings = {"root": arguments.data, "limit": arguments.limit, "seed": arguments.seed, "only": arguments.only}
        for line in evaluate_sweep(arguments.sweep, arguments.runs, arguments.results, **settings):
            print(line, flush=True)
    else:
        from nimba.robustness.evaluate import evaluate
        from nimba.robustness.report import lines

        record = evaluate(
            arguments.weights,
            arguments.output,
            arguments.data,
            arguments.only,
            arguments.limit,
            arguments.seed,
            arguments.frame,
        )
        print("\n".join([*lines(record), "", f"written: {arguments.output}"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nimba.robustness", description="Test classifiers on corrupted clouds."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    evaluate = commands.add_parser("evaluate", help="score weights clean, under the conditions and the corruptions")
    evaluate.add_argument("--weights", required=True, help="a name of shipped weights, or the path of a checkpoint")
    evaluate.add_argument("--output", type=Path, required=True, help="the record; what is in it is not scored again")
    evaluate.add_argument("--frame", choices=FRAMES, default=FRAMES[0], help="that corrupted clouds are brought into")
    _add_test(evaluate, only=None)

    sweep = commands.add_parser("sweep", help="score every finished run of a sweep, one record each")
    sweep.add_argument("sweep", type=Path, help="such as configs/sweeps/robustness.yaml")
    sweep.add_argument("--runs", type=Path, default=Path("runs"), help="folder of all runs")
    sweep.add_argument("--results", type=Path, default=Path("results"), help="folder of the records that are kept")
    _add_test(sweep, only="conditions")

    show = commands.add_parser("show", help="draw a cloud under all corruptions")
    show.add_argument("cloud", type=Path, nargs="?", help="any file with points; a made chair where not given")
    show.add_argument("--up", choices=("x", "y", "z"), default="y", help="the file's axis that points up")
    show.add_argument("--severity", type=int, choices=SEVERITIES, default=3)
    show.add_argument("--seed", type=int, default=0)
    show.add_argument("-o", "--output", type=Path, required=True, help="the picture, a PNG file")
    return parser


def _add_test(parser: argparse.ArgumentParser, only: str | None) -> None:
    everything = "default: both" if only is None else f"default: {only}"
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of the data; default: where the run had it")
    parser.add_argument(
        "--only", choices=_KINDS, default=only, help=f"one kind of test alone, beside clean; {everything}"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="clouds spread evenly over the split, for a quick look")
    parser.add_argument("--seed", type=int, default=0, help="of all randomness")


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
