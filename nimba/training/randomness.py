"""Randomness that does not depend on how a run was cut into starts."""

import random
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class EpochSeed(Callback):
    """Seed the global generators at each epoch's start from (seed, epoch, rank).

    Dropout and DropPath of an epoch are then the same in a run without interruption and in a resumed one. The start is
    the first batch, not Lightning's hook of that name: making the loader's iterator draws from the generators, and
    Lightning makes it before that hook in a start's first epoch, and after it in the others.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed Python's, numpy's and torch's generators, those of CUDA among them."""
        if batch_idx == 0:
            entropy = np.random.SeedSequence((self.seed, trainer.current_epoch, trainer.global_rank))
            words = entropy.generate_state(3)
            random.seed(int(words[0]))
            np.random.seed(int(words[1]))  # noqa: NPY002 - libraries that draw from the global generator
            torch.manual_seed(int(words[2]))
