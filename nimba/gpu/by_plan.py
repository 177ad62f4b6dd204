"""A plan on the command line: YAML, and words that change what it says, made by jsonargparse within what is trusted."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from nimba.datasets import CloudDataModule
from nimba.evaluation.arguments import bad_config_on_one_line
from nimba.gpu.plan import Plan
from nimba.gpu.run import train
from nimba.records.trust import restrict_parsing, without_files_inside
from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output


def train_by_plan(config: Path, words: Sequence[str], out: Path, minutes: float, device: str) -> None:
    """Train the networks of a plan; each leaves NAME-SEED.ckpt.

    Args:
        config: the plan, a YAML file.
        words: what else to set, such as ``--data.init_args.root=data``.
        out: folder for the checkpoints.
        minutes: for all of it.
        device: "cuda" or "cpu".

    Raises:
        InputError: a plan that does not parse, a class that no config may name, no time, or no such device.
        OSError: files that could not be written, before the work.
    """
    if not minutes > 0:
        raise InputError(f"minutes: give a time above 0, got {minutes}")
    if not config.is_file():
        raise InputError(f"{config}: no such plan; configs/gpu/ has examples")
    restrict_parsing()
    parser = _parser()
    with bad_config_on_one_line(lambda: list(parser.get_defaults().keys())):
        given = parser.parse_args([f"--config={config}", *words])
    with bad_config_on_one_line():
        made = parser.instantiate(given)
        plan = Plan(made.networks, made.seeds, made.most_epochs, made.compiled)
    for network in plan.networks:
        check_output(out / f"{network.run}.ckpt")
    out.mkdir(parents=True, exist_ok=True)
    train(plan, made.data, given.data.as_dict(), out, 60 * minutes, device)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="nimba gpu train", exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--config", action="config")
    parser.add_class_arguments(Plan, None)
    parser.add_subclass_arguments(CloudDataModule, "data", required=True)
    without_files_inside(parser)
    return parser
