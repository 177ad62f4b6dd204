"""What trained networks see in clouds, and how well a linear classifier tells classes apart by it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nimba.classifier import NimbaClassifier
from nimba.clouds.pose import turned
from nimba.datasets.splitting import grouped_folds
from nimba.inference.fitting import fit_temperature
from nimba.training.linear import fit_linear

_BATCH = 32


@dataclass(frozen=True)
class HeldOut:
    """What linear classifiers say of clouds that they were not fitted to.

    Args:
        probabilities: (N, C), each row by a classifier that has not seen its cloud or one of its group.
        labels: (N,).
    """

    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of clouds classified right."""
        return float((self.probabilities.argmax(1) == self.labels).mean())

    @property
    def log_loss(self) -> float:
        """Mean of -log p(true class), at the best temperature: few clouds make a linear classifier too certain."""
        logits = np.log(np.maximum(self.probabilities, 1e-12))
        logits = logits / fit_temperature(logits, self.labels)
        right = logits[np.arange(len(self.labels)), self.labels] - np.logaddexp.reduce(logits, axis=1)
        return float(-right.mean())


@torch.inference_mode()
def pooled_features(network: NimbaClassifier, clouds: Sequence[np.ndarray], num_points: int, turns: int = 1) -> Tensor:
    """What a network's head would read of each cloud.

    Args:
        network: in evaluation mode.
        clouds: (P, 3) each, y up and normalised, in canonical order.
        num_points: of each that are taken; a smaller one repeats some.
        turns: how many ways round the up axis to look at each, evenly spread.

    Returns:
        (turns, N, D)
    """
    views = []
    for turn in range(turns):
        rows = []
        for start in range(0, len(clouds), _BATCH):
            chosen = [cloud[np.arange(num_points) % len(cloud)] for cloud in clouds[start : start + _BATCH]]
            batch = np.stack([turned(points, 2 * np.pi * turn / turns) for points in chosen])  # (B, num_points, 3)
            points = torch.from_numpy(batch.astype(np.float32))
            rows.append(network.pool(network.forward_features(points)))
        views.append(torch.cat(rows))  # (N, D)
    return torch.stack(views).clone()  # (turns, N, D)


@torch.inference_mode()
def own_answers(network: NimbaClassifier, features: Tensor, rows: list[int]) -> np.ndarray:
    """What a network itself says of clouds, as if there were no classes but some.

    Args:
        network: in evaluation mode.
        features: (T, N, D) of ``pooled_features``; the looks at a cloud are averaged.
        rows: C of its classes.

    Returns:
        (N, C) probabilities.
    """
    logits = torch.stack([network.head(look)[:, rows].log_softmax(1) for look in features]).mean(0)  # (N, C)
    return logits.softmax(1).double().numpy()


def held_out(features: Tensor, labels: np.ndarray, groups: Sequence[str], folds: int, seed: int) -> HeldOut:
    """Cross-validate a linear classifier on features that do not change; it learns from all looks at a cloud.

    Args:
        features: (T, N, D), T looks at N clouds.
        labels: (N,).
        groups: of the clouds; none is learnt from and tested on at once.
        folds: how many; a class with fewer groups is tested where it can be.
        seed: of the dealing.
    """
    looks, count, _ = features.shape
    fold = grouped_folds(labels, groups, folds, seed)
    classes = int(labels.max()) + 1
    probabilities = np.zeros((count, classes))
    target = torch.as_tensor(labels)
    for number in range(folds):
        kept, cut = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if not len(cut):
            continue
        fitted = fit_linear(features[:, kept].flatten(0, 1), target[kept].repeat(looks), classes)  # (T * kept, D)
        logits = torch.stack([fitted(look[cut]) for look in features]).mean(0)  # (cut, C)
        probabilities[cut] = logits.softmax(1).double().numpy()
    return HeldOut(probabilities, labels)
