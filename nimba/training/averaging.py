"""Exponential moving average of the weights."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging
from lightning.pytorch.utilities.rank_zero import rank_zero_info
from torch import nn
from torch.optim.swa_utils import get_ema_avg_fn

from nimba.runtime.errors import InputError


class WeightEMA(EMAWeightAveraging):
    """Lightning's EMA, which is what gets validated, tested and saved as a checkpoint's weights.

    BatchNorm's running statistics are averaged as the weights are. Until the first update the average is a copy of
    the initial weights, which Lightning's callback validates and saves all the same (Lightning #21724); here the
    current weights stay in place until then.

    Args:
        decay: share of the average that an update keeps.
        update_starting_at_step: optimizer steps before the first update.
        window: in place of decay: how old the averaged weights are on the mean, as a share of the run, in (0, 1). What
            is right for one length of run is then right for another; 0.02 is a good one.

    Raises:
        InputError: a window outside (0, 1).
    """

    def __init__(self, decay: float = 0.999, update_starting_at_step: int | None = None, window: float | None = None):
        if window is not None and not 0 < window < 1:
            raise InputError(f"WeightEMA of window {window}: give a share of the run in (0, 1)")
        super().__init__(decay=decay, update_starting_at_step=update_starting_at_step)
        self.window = window

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Resolve the window, now that the length of the run is known."""
        if stage == "fit" and self.window is not None:
            age = self.window * trainer.estimated_stepping_batches  # of updates
            decay = age / (1 + age)  # whose mean age is decay / (1 - decay)
            rank_zero_info(f"WeightEMA: a window of {self.window:.2%} of the run is a decay of {decay:.5f}")
            self._kwargs["avg_fn"] = get_ema_avg_fn(decay)
        super().setup(trainer, pl_module, stage)

    @property
    def average(self) -> nn.Module | None:
        """What is validated and saved; None until there is one."""
        return self._average_model.module if self.started and self._average_model is not None else None

    @property
    def started(self) -> bool:
        """Whether the average has been updated at least once."""
        return self._average_model is not None and bool(self._average_model.n_averaged)

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validate the average, once there is one."""
        if self.started:
            super().on_validation_epoch_start(trainer, pl_module)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Go on with the current weights."""
        if self.started:
            super().on_validation_epoch_end(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the average in the module, if there is one."""
        if self.started:
            super().on_train_end(trainer, pl_module)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Save the average as the checkpoint's weights, once there is one, and the current weights beside it."""
        if self.started:
            super().on_save_checkpoint(trainer, pl_module, checkpoint)
