"""Matrix products of training in bfloat16, where a CPU multiplies that faster."""

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class FastProducts(Callback):
    """Let float32 matrix products of training round what they multiply to bfloat16; their sums stay float32.

    Weights, activations, norms, scans and the optimizer stay in float32, and nothing is converted outside of the
    products, where autocast spends what it saves. It is torch's ``set_float32_matmul_precision("medium")``: CPUs with
    bfloat16 units (AMX, AVX512-BF16) take part, others compute as before. Validation and all that comes after training
    are in full precision.
    """

    def __init__(self) -> None:
        self._before = torch.get_float32_matmul_precision()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Faster from here on."""
        self._before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("medium")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """In full precision."""
        torch.set_float32_matmul_precision(self._before)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Faster again, if training continues."""
        if trainer.state.fn == "fit":
            torch.set_float32_matmul_precision("medium")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """As it was."""
        torch.set_float32_matmul_precision(self._before)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """As it was, also for a run that was stopped."""
        torch.set_float32_matmul_precision(self._before)
