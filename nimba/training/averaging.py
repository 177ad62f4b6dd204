"""Exponential moving average of the weights."""

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging


class WeightEMA(EMAWeightAveraging):
    """Lightning's EMA, which is what gets validated, tested and saved as a checkpoint's weights.

    BatchNorm's running statistics are averaged as the weights are. Until the first update the average is a copy of
    the initial weights, which Lightning's callback validates and saves all the same (Lightning #21724); here the
    current weights stay in place until then.

    Args:
        decay: share of the average that an update keeps.
        update_starting_at_step: optimizer steps before the first update.
    """

    def __init__(self, decay: float = 0.999, update_starting_at_step: int | None = None):
        super().__init__(decay=decay, update_starting_at_step=update_starting_at_step)

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
