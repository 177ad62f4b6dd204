"""The record of a run: what was run, on what, and what came out."""

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from nimba.records.machine import describe_code, describe_machine
from nimba.runtime.files import write_json


class RunRecord(Callback):
    """Keep ``record.json``, rewritten after each epoch; epochs and seconds continue over a resume.

    The seconds are those of training and validation up to the last whole epoch: work that a kill discarded is not in
    them.

    Args:
        path: of the record; None to write none.
        config: the run's resolved config, in plain types; it is put into each checkpoint as well.
    """

    def __init__(self, path: Path | None, config: dict[str, Any]):
        self.path = path
        self.config = config
        self.epochs: list[dict[str, Any]] = []
        self.seconds = 0.0
        self._code = describe_code()  # now: the checkout may move on while the run continues
        self._machine = describe_machine()
        self._parameters = 0
        self._lap = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Count the parameters, before a strategy shards them."""
        if stage == "fit":
            self._parameters = sum(p.numel() for p in pl_module.parameters())

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._lap = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch's metrics and say them in one line."""
        now = time.perf_counter()
        self.seconds += now - self._lap
        self._lap = now
        metrics = {
            name: float(value)
            for name, value in sorted(trainer.callback_metrics.items())
            if "/" in name and not name.startswith("lr-")
        }
        rate = float(trainer.optimizers[0].param_groups[0]["lr"])
        epoch = {"epoch": trainer.current_epoch + 1, "lr": rate, **metrics}
        self.epochs.append(epoch)
        if trainer.is_global_zero:
            self.write(finished=False)
            self._say(trainer, epoch)

    def state_dict(self) -> dict[str, Any]:
        """Epochs and seconds so far."""
        return {"epochs": self.epochs, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint's epochs and seconds."""
        self.epochs = list(state_dict["epochs"])
        self.seconds = state_dict["seconds"]

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Put the resolved config into the checkpoint."""
        checkpoint["config"] = self.config

    def write(self, finished: bool, test: dict[str, Any] | None = None) -> None:
        """Write the record; ``test`` is the one scoring of the test split."""
        if self.path is None:
            return
        write_json(
            self.path,
            {
                "experiment": self.config["experiment"],
                "seed": self.config["seed_everything"],
                "finished": finished,
                "test": test,
                "parameters": self._parameters,
                "seconds": round(self.seconds, 1),
                "code": self._code,
                "machine": self._machine,
                "epochs": self.epochs,
                "config": self.config,
            },
        )

    def _say(self, trainer: Trainer, epoch: dict[str, Any]) -> None:
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in epoch.items() if name != "epoch")
        line = f"epoch {epoch['epoch']}/{trainer.max_epochs}  {metrics}  {self.seconds:.0f} s"
        if trainer.progress_bar_callback is not None:
            trainer.progress_bar_callback.print(line)
        else:
            print(line, flush=True)
