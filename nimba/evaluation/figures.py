"""Figures beside the accuracies: how sure they are, how honest the probabilities, and each class's precision."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nimba.evaluation.scores import Scores

_LEAST = 1e-7  # probability: float32 knows none between this and a certain 0 that is worth telling apart


@dataclass(frozen=True)
class ClassFigures:
    """What was made of one class.

    Args:
        name: of the class.
        support: its clouds.
        predicted: clouds that were taken for it.
        precision: share of ``predicted`` that is right; None where there are none.
        recall: share of ``support`` that was found, which is the class's accuracy; None where there are none.
        f1: their harmonic mean; None for a class without clouds.
    """

    name: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)


def class_figures(scores: Scores) -> list[ClassFigures]:
    """The figures of each class, in label order."""
    counts = np.array(scores.confusion)  # (C, C)
    rows = zip(scores.class_names, counts.diagonal(), counts.sum(1), counts.sum(0), strict=True)
    return [_figures(name, *map(int, numbers)) for name, *numbers in rows]


def _figures(name: str, right: int, support: int, predicted: int) -> ClassFigures:
    return ClassFigures(
        name,
        support,
        predicted,
        right / predicted if predicted else None,
        right / support if support else None,
        2 * right / (support + predicted) if support else None,
    )


def wilson_interval(right: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval of a share that was counted (Wilson, JASA 1927); with the default ``z``, that of 95 %.

    Args:
        right: how many of them.
        count: of how many, at least 1.
        z: quantile of the normal distribution.
    """
    share, square = right / count, z * z / count
    middle = share + square / 2
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log of the true class's probability, in nats.

    Args:
        probabilities: (N, C).
        labels: (N,).
    """
    true = np.asarray(probabilities, float)[np.arange(len(labels)), labels]  # (N,)
    return float(-np.log(np.maximum(true, _LEAST)).mean())


def top_accuracy(probabilities: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Share of clouds whose class is among the ``k`` most probable.

    Args:
        probabilities: (N, C).
        labels: (N,).
        k: at most C.
    """
    best = np.argsort(-np.asarray(probabilities), axis=1, kind="stable")[:, :k]  # (N, k)
    return float((best == np.asarray(labels)[:, None]).any(1).mean())


def auroc(known: np.ndarray, strange: np.ndarray) -> float:
    """The chance that something strange has a higher score than something known; ties count half.

    Args:
        known: (N,) scores in [0, 1].
        strange: (M,).
    """
    import torch
    from torchmetrics.functional.classification import binary_auroc

    scores = torch.from_numpy(np.concatenate([known, strange]).astype(np.float64))
    truth = torch.cat([torch.zeros(len(known)), torch.ones(len(strange))]).long()
    return float(binary_auroc(scores, truth))
