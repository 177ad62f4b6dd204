"""The command line of evaluation."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from nimba.classifier import ClassifierSpec
from nimba.classifier.pretrained import read_checkpoint
from nimba.evaluation.evaluate import Evaluation, data_of, evaluate
from nimba.evaluation.quiet import quieten
from nimba.evaluation.report import FIGURES, lines, store
from nimba.runtime.files import check_output


def main(arguments: Sequence[str] | None = None) -> Evaluation:
    """Evaluate as ``python eval.py ARGUMENTS`` does: print the figures and store them.

    Args:
        arguments: ``["--checkpoint", "runs/shapes/0/last.ckpt", ...]``; None for the process's own.

    Raises:
        InputError: for bad arguments, or as ``evaluate`` does.
        OSError: if the figures cannot be stored; before the evaluation where that can be told, else after printing.
    """
    quieten()
    early, rest = _parser().parse_known_args(arguments)
    checkpoint = read_checkpoint(early.checkpoint)
    ClassifierSpec.from_dict(checkpoint.get("nimba"), str(early.checkpoint))  # before a complaint about missing data
    data = data_of(checkpoint, str(early.checkpoint), rest)
    output = early.output or early.checkpoint.parent / "evaluation"
    check_output(output / FIGURES)
    evaluation = evaluate(early.checkpoint, data, early.votes, early.seed, early.accelerator)
    print("\n".join([*lines(evaluation), ""]), flush=True)  # first: the disk may have filled in the meantime
    for path in store(evaluation, output):
        print(f"written: {path}")
    return evaluation


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="eval.py",
        description="Score a checkpoint on a test split: OA, mAcc, each class's accuracy, a confusion matrix.",
        epilog="--data CLASS and --data.SETTING VALUE score other data than the checkpoint was trained on, or the same "
        "from another place: --data.root FOLDER.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--checkpoint", type=Path, required=True, help="a .ckpt file that train.py wrote")
    add("--votes", type=int, default=0, help="also score the mean over this many randomly scaled passes, as an extra")
    add("--seed", type=int, default=0, help="of the scaled passes")
    add(
        "--output",
        type=Path,
        help="folder of evaluation.json and confusion.png; default: evaluation/ beside the checkpoint",
    )
    add("--accelerator", default="auto", help="cpu, gpu or auto")
    return parser
