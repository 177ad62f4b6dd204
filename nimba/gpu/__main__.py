"""``python -m nimba.gpu``: train several networks on one GPU in a fixed time, and make runs of what came out.

python -m nimba.gpu train --config configs/gpu/modelnet40.yaml --out out/gpu --minutes 9
python -m nimba.gpu finish out/gpu/*.ckpt
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from nimba.datasets import CloudDataModule
from nimba.evaluation.arguments import bad_config_on_one_line
from nimba.gpu.finish import finish_run
from nimba.gpu.plan import Plan
from nimba.gpu.run import train
from nimba.records.results import percent
from nimba.records.trust import restrict_parsing, without_files_inside
from nimba.runtime.cleanly import run_cleanly
from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output

DEVICES = ("cuda", "cpu")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, and do it."""
    restrict_parsing()
    parser = ArgumentParser(prog="python -m nimba.gpu", description=__doc__, exit_on_error=False, allow_abbrev=False)
    kinds = parser.add_subcommands()
    training, finishing = _training_parser(), _finishing_parser()
    kinds.add_subcommand("train", training, help="train a plan's networks side by side")
    kinds.add_subcommand("finish", finishing, help="calibrate them, score the test split once, make runs of them")
    with bad_config_on_one_line(lambda: list(training.get_defaults().keys())):
        given = parser.parse_args(None if arguments is None else list(arguments))
    if given.subcommand == "train":
        _train(training, given.train)
    else:
        for path in given.finish.checkpoints:
            record = finish_run(Path(path), Path(given.finish.runs), given.finish.root)
            print(f"{path}: test OA {percent(record['test']['OA'])}, mAcc {percent(record['test']['mAcc'])}")


def _training_parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--config", action="config", help="YAML with any of these")
    parser.add_class_arguments(Plan, None)
    parser.add_subclass_arguments(CloudDataModule, "data", required=True)
    parser.add_argument("--out", type=str, required=True, help="gets NAME-SEED.ckpt of each network")
    parser.add_argument("--minutes", type=float, default=9.0, help="for all of it")
    parser.add_argument("--device", type=str, default="cuda", help="cpu rehearses, or goes on with trained weights")
    without_files_inside(parser)
    return parser


def _finishing_parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("checkpoints", nargs="+", type=str, help="what train wrote")
    parser.add_argument("--runs", type=str, default="runs", help="folder of all runs")
    parser.add_argument("--root", type=str, default=None, help="folder of the data here")
    return parser


def _train(parser: ArgumentParser, given: Namespace) -> None:
    if given.device not in DEVICES:
        raise InputError(f"--device {given.device}: give one of {', '.join(DEVICES)}")
    if not given.minutes > 0:
        raise InputError(f"--minutes {given.minutes}: give a time above 0")
    with bad_config_on_one_line():
        made = parser.instantiate(given)
        plan = Plan(made.networks, made.seeds, made.most_epochs, made.compiled)
    out = Path(given.out)
    for network in plan.networks:
        check_output(out / f"{network.run}.ckpt")
    out.mkdir(parents=True, exist_ok=True)
    train(plan, made.data, given.data.as_dict(), out, 60 * given.minutes, given.device)


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
