"""The smallest learners and plans that train."""

import torch

from nimba.gpu.augment import Augmentation
from nimba.gpu.learner import Learner
from nimba.gpu.loss import network_loss
from nimba.gpu.plan import Learning

TINY = {
    **{"stages": [64, 32], "num_centres": 16, "neighbours": 6, "token_neighbours": 4, "encoder_channels": [8, 16, 16]},
    **{"dim": 16, "depth": 1, "readout": 32, "head_channels": [32], "head_dropout": 0.0},
}


def toy(count: int = 64, points: int = 80) -> tuple[torch.Tensor, torch.Tensor]:
    """Balls, poles, plates and rods, told apart at a glance: (count, points, 3), (count,)."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % 4
    stretch = torch.tensor([[1.0, 1, 1], [0.1, 1, 0.1], [1, 0.1, 1], [1, 0.1, 0.1]])[labels]
    return torch.randn(count, points, 3, generator=generator) * 0.3 * stretch[:, None], labels


def learner(**settings) -> Learner:
    options = {"model": "nimba_dense_s", "model_settings": TINY, "batch": 16, "at_once": 2, "warmup": 0.1, **settings}
    how = Learning("tiny", augmentation=Augmentation(scale=1.1, fewest=70), **options)
    points, labels = toy()
    return Learner(how, points, labels, 4, network_loss, most_epochs=20)
