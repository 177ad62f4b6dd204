"""Score a saved classifier on the test split of a data set."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jsonargparse import ArgumentParser
from lightning.pytorch import Trainer

from nimba.classifier import ClassifierSpec, load
from nimba.classifier.pretrained import read_checkpoint
from nimba.datasets import CloudDataModule
from nimba.evaluation.arguments import bad_config_on_one_line, bad_trainer_on_one_line
from nimba.evaluation.scores import Scores
from nimba.evaluation.scoring import score
from nimba.records.stored import stored_config
from nimba.records.trust import restrict_parsing, without_files_inside
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint on one test split."""

    spec: ClassifierSpec
    weights: str  # which weights were scored, as ``describe_weights`` says it
    plain: Scores
    votes: int  # augmented passes of the voted scores
    voted: Scores | None

    def to_dict(self) -> dict[str, Any]:
        """Everything, in plain types; the voted scores are an extra and say so."""
        voting = {"passes": self.votes, **self.voted.to_dict()} if self.voted else None
        return {"weights": self.weights, **self.plain.to_dict(), "voted": voting, "classifier": self.spec.to_dict()}


def describe_weights(checkpoint: dict[str, Any]) -> str:
    """Which weights a training checkpoint hands out: those after its last epoch, or their moving average."""
    epoch = checkpoint.get("epoch")
    done = epoch + 1 if isinstance(epoch, int) else 0
    config = stored_config(checkpoint, "checkpoint")
    last = done == (config.get("trainer") or {}).get("max_epochs")
    epoch = "last epoch" if last else f"epoch {done}"
    return f"EMA of {epoch}" if "averaging_state" in checkpoint else epoch


def data_parser(checkpoint: dict[str, Any], where: str = "checkpoint") -> ArgumentParser:
    """A parser of ``--data``, whose default is the data that ``checkpoint`` was trained on.

    Raises:
        InputError: naming ``where``, if its config names a class that is not known.
    """
    stored = stored_config(checkpoint, where).get("data")  # before there is a parser that could make it
    restrict_parsing()
    parser = ArgumentParser(prog="eval.py", exit_on_error=False, allow_abbrev=False)
    parser.add_subclass_arguments(CloudDataModule, "data", required=True)
    without_files_inside(parser)
    if stored:
        parser.set_defaults({"data": stored})
    return parser


def data_of(checkpoint: dict[str, Any], where: str = "checkpoint", words: Sequence[str] = ()) -> CloudDataModule:
    """The data that a checkpoint was trained on, or what a command line says in their place.

    Args:
        checkpoint: as ``read_checkpoint`` gives it.
        where: what it is called in complaints.
        words: such as ``--data.root=FOLDER``.

    Raises:
        InputError: data that are not there, or a config that cannot be.
    """
    parser = data_parser(checkpoint, where)
    with bad_config_on_one_line():
        return parser.instantiate(parser.parse_args(list(words))).data


def evaluate(
    checkpoint: str | Path,
    data: CloudDataModule | None = None,
    votes: int = 0,
    seed: int = 0,
    accelerator: str = "auto",
) -> Evaluation:
    """Score a training checkpoint on a test split; on the machine that trained it, exactly as training did at its end.

    Args:
        checkpoint: a .ckpt file that train.py wrote.
        data: whose test split; None for the data that the checkpoint was trained on.
        votes: augmented passes for voted scores beside the plain ones; 0 for none.
        seed: of the augmented passes.
        accelerator: as for Lightning's Trainer.

    Raises:
        InputError: for a missing or damaged checkpoint, one of another model, or data with other classes or another
            normalisation.
    """
    if votes < 0:
        raise InputError(f"votes: must be 0 or more, got {votes}")
    stored = read_checkpoint(checkpoint)
    network = load(checkpoint)
    spec = network.spec
    assert spec is not None
    if data is None:
        data = data_of(stored, str(checkpoint))
    check_data(data, spec, str(checkpoint))
    trainer = _trainer(stored_config(stored, str(checkpoint)).get("trainer") or {}, accelerator)
    plain, voted = score(trainer, network, data, votes, seed)
    return Evaluation(spec, describe_weights(stored), plain, votes, voted)


def check_data(data: CloudDataModule, spec: ClassifierSpec, checkpoint: str) -> None:
    """Refuse data whose labels or coordinates mean something else than those of the training.

    Raises:
        InputError: if class names or normalisation differ.
    """
    if list(data.class_names) != spec.class_names:
        raise InputError(
            f"{checkpoint}: knows {_few(spec.class_names)}, the data has {_few(data.class_names)}; "
            "give the data that it was trained on"
        )
    if data.normalisation != spec.normalisation:
        raise InputError(
            f"{checkpoint}: was trained on clouds with normalisation {spec.normalisation}, the data's is "
            f"{data.normalisation}; set data.init_args.normalisation to {spec.normalisation}"
        )


def _few(names: list[str]) -> str:
    return f"{len(names)} classes ({', '.join(names[:3])}, ...)"


def _trainer(trained_with: dict[str, Any], accelerator: str) -> Trainer:
    cuda = torch.cuda.is_available() and accelerator != "cpu"
    with bad_trainer_on_one_line():
        return Trainer(
            accelerator=accelerator,
            devices=1,
            precision=trained_with.get("precision") if cuda else "32-true",
            deterministic=trained_with.get("deterministic"),
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=sys.stdout.isatty(),
        )
