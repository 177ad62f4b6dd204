"""BatchNorm's statistics of the final weights, in place of a moving average over weights gone by."""

import math
from collections.abc import Iterator

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from nimba.runtime.errors import InputError
from nimba.training.averaging import WeightEMA


class ReestimatedNorms(Callback):
    """Take BatchNorm's statistics anew once, when the last update is made, before the weights are validated and saved.

    Averaged weights have statistics of their own, which the average of the statistics is not. Training clouds run
    through the network, augmented as in training, without dropout and stochastic depth; each batch counts alike.

    Args:
        clouds: how many training clouds; rounded up to whole batches.

    Raises:
        InputError: for fewer than 2 clouds, several processes, or a ``WeightEMA`` that is listed after it.
    """

    def __init__(self, clouds: int = 2000):
        if clouds < 2:
            raise InputError(f"ReestimatedNorms from {clouds} clouds: give 2 or more")
        self.clouds = clouds

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Refuse what it cannot do before anything is trained."""
        if trainer.world_size > 1:
            raise InputError("ReestimatedNorms: works in one process; leave it out with trainer.devices above 1")
        kinds = [type(callback) for callback in trainer.callbacks]  # type: ignore[attr-defined]
        if WeightEMA in kinds and kinds.index(WeightEMA) > kinds.index(type(self)):
            raise InputError("trainer.callbacks: list WeightEMA before ReestimatedNorms, which is to see its average")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        """After the last update."""
        assert trainer.max_epochs is not None
        if trainer.is_last_batch and trainer.current_epoch + 1 == trainer.max_epochs:
            average = next((c.average for c in trainer.callbacks if isinstance(c, WeightEMA)), None)  # type: ignore[attr-defined]
            reestimate(pl_module if average is None else average, self._batches(trainer))

    def _batches(self, trainer: Trainer) -> Iterator[tuple]:
        """Batches of an epoch that training does not reach."""
        data = trainer.datamodule  # type: ignore[attr-defined]
        loader = data.train_dataloader()
        loader.sampler.set_epoch(trainer.max_epochs)
        for _, batch in zip(range(math.ceil(self.clouds / data.batch_size)), loader, strict=False):
            yield trainer.strategy.batch_to_device(batch)


class FrozenNorms(Callback):
    """Keep BatchNorm's statistics as they came with the weights that a training begins with.

    In small batches of other clouds they would be others all of a sudden, and what was learnt on top of them would be
    lost. The scales and shifts of the norms are trained as all weights are.
    """

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After validation, or the start, has put all of the network into training mode."""
        for module in pl_module.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


@torch.no_grad()
def reestimate(network: nn.Module, batches: Iterator[tuple]) -> None:
    """Replace the running statistics of all BatchNorms by the mean of those of some batches.

    Args:
        network: called with all of a batch but its labels; it is left in the mode that it was in.
        batches: (points, labels, more arguments).
    """
    modes = {module: module.training for module in network.modules()}
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train()
    try:
        for number, (points, _labels, *more) in enumerate(batches, 1):
            for norm in norms:
                norm.momentum = 1 / number  # the running mean then is the mean of all
            network(points, *more)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
