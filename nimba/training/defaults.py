"""Trainer settings that depend on the machine, resolved once and said."""

import torch
from jsonargparse import Namespace
from lightning.pytorch.utilities.rank_zero import rank_zero_info

from nimba.runtime.errors import InputError


def resolve_hardware(trainer: Namespace) -> None:
    """Fill in precision and determinism where the Trainer's config leaves them open (null).

    On CUDA bf16-mixed; on a CPU 32-true and deterministic algorithms, so that a resumed run equals one without
    interruption bit by bit. (Mamba's backward on CUDA adds with atomics: there determinism would only be a name.)

    Raises:
        InputError: for a strategy that leaves the run's state in a child process.
    """
    if any(word in str(trainer.strategy) for word in ("fork", "spawn", "notebook")):
        raise InputError(
            f"trainer.strategy: {trainer.strategy} trains in child processes that take the run's record with them; "
            "use ddp"
        )
    cuda = torch.cuda.is_available() and trainer.accelerator in ("auto", "gpu", "cuda")
    if trainer.precision is None:
        trainer.precision = "bf16-mixed" if cuda else "32-true"
    if trainer.deterministic is None:
        trainer.deterministic = not cuda
    if trainer.deterministic:
        # Deterministic mode also fills each new tensor with NaN, which costs time and which nothing here relies on.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    rank_zero_info(f"precision {trainer.precision}, deterministic {trainer.deterministic}")
