"""A linear classifier on features that do not change: multinomial logistic regression."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

DECAY = 1e-3  # of the weights' squares, on features of variance one
FLOOR = 0.1  # least spread of a feature, as a share of the median one
_ROUNDS = 200


class LinearClassifier(NamedTuple):
    """Logits ``features @ weight.T + bias``.

    Shapes:
        weight (C, D), bias (C,)
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Logits of features: (N, D) -> (N, C)."""
        return features @ self.weight.T + self.bias


def fit_linear(
    features: Tensor, labels: Tensor, num_classes: int, class_weights: Tensor | None = None, decay: float = DECAY
) -> LinearClassifier:
    """The linear classifier of the smallest cross-entropy, with a penalty on its weights; always the same for the same.

    Args:
        features: (N, D): each is brought to mean 0 and variance 1 first, and the result taken back.
        labels: (N,) int64 from 0 to C - 1.
        num_classes: C.
        class_weights: (C,) how much the clouds of each class count.
        decay: of the penalty.
    """
    features = features.double()
    mean, spread = features.mean(0), features.std(0, correction=0)  # (D,) each
    # What hardly changes would have to change a lot to count, and then count out of all measure.
    spread = spread.clamp_min(max(FLOOR * float(spread.median()), 1e-12))
    scaled = (features - mean) / spread  # (N, D)
    weight = torch.zeros(num_classes, features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(num_classes, dtype=torch.float64, requires_grad=True)
    importance = None if class_weights is None else class_weights.double()
    solver = torch.optim.LBFGS([weight, bias], max_iter=_ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        solver.zero_grad()
        logits = scaled @ weight.T + bias
        value = functional.cross_entropy(logits, labels, weight=importance) + decay * weight.square().sum()
        value.backward()
        return value

    with torch.enable_grad(), torch.inference_mode(False):
        solver.step(loss)
    weight, bias = weight.detach(), bias.detach()
    back = weight / spread
    return LinearClassifier(back.float(), (bias - back @ mean).float())
