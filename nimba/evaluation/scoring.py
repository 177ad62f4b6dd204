"""Score a network on a test split: the one way, at the end of training and in eval.py alike."""

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn
from torchmetrics.classification import MulticlassConfusionMatrix

from nimba.datasets import CloudDataModule
from nimba.evaluation.scores import Scores
from nimba.evaluation.stopping import stopping_told
from nimba.evaluation.voting import vote


class Scoring(LightningModule):
    """Count a network's decisions; Lightning's Trainer brings device, precision and distribution.

    Args:
        network: points (B, N, 3) -> logits (B, num_classes).
        num_classes: width of the logits.
        votes: number of augmented passes to average in a second count; 0 for none.
        seed: of the augmented passes.
    """

    def __init__(self, network: nn.Module, num_classes: int, votes: int = 0, seed: int = 0):
        super().__init__()
        self.network = network
        self.votes = votes
        self.seed = seed
        self.plain = MulticlassConfusionMatrix(num_classes, validate_args=False)
        self.voted = MulticlassConfusionMatrix(num_classes, validate_args=False) if votes else None

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Count one batch."""
        points, labels = batch
        self.plain.update(self.network(points), labels)
        if self.voted is not None:
            self.voted.update(vote(self.network, points, self.votes, self.seed), labels)


def score(
    trainer: Trainer, network: nn.Module, data: CloudDataModule, votes: int = 0, seed: int = 0
) -> tuple[Scores, Scores | None]:
    """Scores of ``network`` on the test split of ``data``: plain, and voted if there are ``votes``.

    Each cloud counts once, also when several processes share the split.
    """
    scoring = Scoring(network, data.num_classes, votes, seed)
    with stopping_told(trainer):
        trainer.test(scoring, datamodule=data, verbose=False)
    with torch.no_grad():
        plain = Scores.from_counts(data.class_names, scoring.plain.compute())
        voted = Scores.from_counts(data.class_names, scoring.voted.compute()) if scoring.voted is not None else None
    return plain, voted
