"""A batch of mixed clouds and its loss."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class MixedBatch:
    """Clouds with a part of another cloud each."""

    points: Tensor  # (B, N, 3)
    labels: Tensor  # (B,) int64: of the cloud itself
    others: Tensor  # (B,) int64: of the cloud that the part is from
    share: Tensor  # (B,) float32 in [0, 1]: of the points that are the other's

    @property
    def dominating(self) -> Tensor:
        """(B,): the label that most of a cloud's points have; its own where it is half and half."""
        return self.others.where(self.share > 0.5, self.labels)

    def cross_entropy(self, logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Mean over the clouds of the cross-entropies of both labels, weighted by their shares of the points.

        Args:
            logits: (B, C).
            label_smoothing: of both.
        """
        own, other = (
            functional.cross_entropy(logits, labels, reduction="none", label_smoothing=label_smoothing)
            for labels in (self.labels, self.others)
        )  # (B,)
        return own.lerp(other, self.share).mean()
