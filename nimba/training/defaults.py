"""Trainer settings that depend on the machine, resolved once and said."""

from typing import Any

import torch
from lightning.pytorch.utilities.rank_zero import rank_zero_info


def resolve_hardware(trainer: dict[str, Any]) -> dict[str, Any]:
    """Fill in precision and determinism where the config leaves them open (null).

    On CUDA bf16-mixed; on a CPU 32-true and deterministic algorithms, so that a resumed run equals one without interruption bit by
    bit. (Mamba's backward on CUDA adds with atomics: there determinism would only be a name.)
    """
    cuda = torch.cuda.is_available() and trainer.get("accelerator", "auto") in ("auto", "gpu", "cuda")
    resolved = dict(trainer)
    if resolved.get("precision") is None:
        resolved["precision"] = "bf16-mixed" if cuda else "32-true"
    if resolved.get("deterministic") is None:
        resolved["deterministic"] = not cuda
    if resolved["deterministic"]:
        # Deterministic mode also fills each new tensor with NaN, which costs time and which nothing here relies on.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    rank_zero_info(f"precision {resolved['precision']}, deterministic {resolved['deterministic']}")
    return resolved
