"""Score the test split after every epoch: common practice, here for comparison only."""

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from nimba.evaluation.metrics import accuracy_metrics
from nimba.runtime.errors import InputError

PREFIX = "each_epoch/test_"  # of these scores' names in a record


class ScoreTestEachEpoch(Callback):
    """Score the test split after every epoch with the weights as they are then.

    Published figures are often those of the epoch that is best on the test split, so chosen by it. With this the record
    holds what that practice would have reported, beside the figure of the last epoch, which stays the run's result:
    nothing is chosen by these scores, and training is the same with them and without, bit by bit.

    Raises:
        InputError: in a run of several processes.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuse several processes: each would score the whole split."""
        if trainer.world_size > 1:
            raise InputError("ScoreTestEachEpoch: scores in one process only; leave it out of trainer.callbacks")

    @torch.no_grad()
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log overall and mean class accuracy."""
        data = trainer.datamodule  # type: ignore[attr-defined]
        metrics = accuracy_metrics(data.num_classes, PREFIX).to(pl_module.device)
        was_training = pl_module.training
        pl_module.eval()
        with torch.random.fork_rng():  # a loader's iterator draws a seed
            for points, labels in data.test_dataloader():
                metrics.update(pl_module(points.to(pl_module.device)), labels.to(pl_module.device))
        pl_module.train(was_training)
        pl_module.log_dict(metrics.compute())
