"""From features along a path to logits: pooling, the classifier's head, and heads that only train."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def highest(features: Tensor) -> Tensor:
    """Maximum over the path: (B, L, dim) -> (B, dim).

    On CUDA by index: the gradient of ``amax`` looks for the maximum among features that a compiled network computes
    anew, more exactly than it stored the maximum in half precision, and divides by how many it finds: none.
    """
    return features.max(1).values if features.is_cuda else features.amax(1)


POOLINGS: dict[str, Callable[[Tensor], Tensor]] = {  # (B, L, dim) -> (B, dim), (B, 2 dim) or (B, 3 dim)
    "mean": lambda features: features.mean(1),
    "max": highest,
    "mean_max": lambda features: torch.cat([features.mean(1), highest(features)], 1),
    "max_mean_last": lambda features: torch.cat([highest(features), features.mean(1), features[:, -1]], 1),
}


def pooled_width(pooling: str, dim: int) -> int:
    """Width of what a pooling makes of features of width ``dim``."""
    return {"mean_max": 2, "max_mean_last": 3}.get(pooling, 1) * dim


def classification_head(width: int, channels: Sequence[int], dropout: float, num_classes: int) -> nn.Sequential:
    """The head on the pooled path, a hidden layer for each of the channels: (B, width) -> logits (B, num_classes)."""
    layers: list[nn.Module] = []
    for hidden in channels:
        layers += [nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Dropout(dropout)]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, num_classes))


class ReadOut(nn.Module):
    """What the pooling reads of each token: GELU(Linear(x)), wider than the path.

    Shapes:
        (B, L, dim) -> (B, L, width)
    """

    def __init__(self, dim: int, width: int):
        super().__init__()
        self.widen = nn.Linear(dim, width)

    def forward(self, features: Tensor) -> Tensor:
        """Read (B, L, dim) -> (B, L, width)."""
        return nn.functional.gelu(self.widen(features))


class AuxiliaryHead(nn.Module):
    """Logits from the features between two blocks, for deep supervision (Lee et al., AISTATS 2015).

    It is linear behind norm and pooling, so that the blocks before it do the work.

    Shapes:
        (B, L, dim) -> (B, num_classes)
    """

    def __init__(self, dim: int, pooling: str, num_classes: int):
        super().__init__()
        self.pooling = pooling
        self.norm = nn.LayerNorm(dim)
        self.classify: nn.Module = nn.Linear(pooled_width(pooling, dim), num_classes)

    def forward(self, features: Tensor) -> Tensor:
        """Classify (B, L, dim) -> (B, num_classes)."""
        return self.classify(POOLINGS[self.pooling](self.norm(features)))
