"""The frozen phase of fine-tuning, exactly: the head is fitted to what the trained network sees, then all is free."""

from typing import cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn

from nimba.runtime.errors import InputError
from nimba.training.linear import fit_linear


class FittedHead(Callback):
    """Before the first epoch, fit the last layer to the features of the training clouds, all else as it is.

    A fresh head would send noise through trained weights, which forget by it (Kumar et al., Fine-Tuning can Distort
    Pretrained Features and Underperform Out-of-Distribution, ICLR 2022). The features are computed once for each cloud
    and pass, and the layer is solved for: seconds, where epochs with frozen weights would take minutes. A resumed run
    has a head already.

    Args:
        passes: how often each training cloud is looked at, augmented otherwise each time.
        clouds: looks at most, in all.

    Raises:
        InputError: for fewer than 1 pass.
    """

    def __init__(self, passes: int = 3, clouds: int = 4096):
        if passes < 1 or clouds < 2:
            raise InputError(f"FittedHead of {passes} passes over {clouds} clouds: give 1 or more, and 2 or more")
        self.passes, self.clouds = passes, clouds

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Fit, unless the run is resumed."""
        if trainer.ckpt_path is not None:
            return
        network = cast(nn.Module, pl_module.model)
        last = network.get_classifier()  # type: ignore[operator]
        if not isinstance(last, nn.Linear):
            raise InputError("FittedHead: the network has no last layer to fit")
        features, labels = self._look(trainer, network)
        weights = getattr(pl_module, "class_weights", None)
        fitted = fit_linear(features, labels, last.out_features, None if weights is None else weights.cpu())
        with torch.no_grad():
            last.weight.copy_(fitted.weight)
            last.bias.copy_(fitted.bias)
        right = (fitted(features).argmax(1) == labels).float().mean()
        if trainer.is_global_zero:
            print(f"head fitted to {len(labels)} looks at the training clouds: {right:.1%} right", flush=True)

    @torch.no_grad()
    def _look(self, trainer: Trainer, network: nn.Module) -> tuple[Tensor, Tensor]:
        """Features (N, D) and labels (N,) of augmented training clouds."""
        loader = trainer.datamodule.train_dataloader()  # type: ignore[attr-defined]
        device = next(network.parameters()).device
        assert trainer.max_epochs is not None
        was_training = network.training
        network.eval()
        features: list[Tensor] = []
        labels: list[Tensor] = []
        for number in range(self.passes):
            loader.sampler.set_epoch(trainer.max_epochs + 1 + number)  # that training does not reach
            for points, some, *_ in loader:
                if sum(map(len, labels)) >= self.clouds:
                    break
                tokens = network.forward_features(points.to(device))  # type: ignore[operator]
                features.append(network.forward_head(tokens, pre_logits=True).float().cpu())  # type: ignore[operator]
                labels.append(some)
        network.train(was_training)
        return torch.cat(features), torch.cat(labels)
