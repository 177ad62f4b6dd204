"""OA, mAcc and class accuracies of a known confusion matrix."""

import pytest
import torch

from nimba.evaluation.metrics import accuracy_metrics
from nimba.evaluation.scores import Scores

CONFUSION = [[3, 1, 0], [0, 2, 0], [2, 0, 2]]


def test_the_figures():
    scores = Scores.from_counts(["a", "b", "c"], torch.tensor(CONFUSION))
    assert scores.samples == 10
    assert scores.overall_accuracy == 0.7
    assert scores.class_accuracies == {"a": 0.75, "b": 1.0, "c": 0.5}
    assert scores.mean_class_accuracy == 0.75


def test_a_class_without_clouds_is_left_out():
    scores = Scores(["a", "b"], [[1, 1], [0, 0]])
    assert scores.class_accuracies == {"a": 0.5, "b": None}
    assert scores.mean_class_accuracy == 0.5


def test_training_counts_in_the_same_way():
    labels = [(i, j) for i, row in enumerate(CONFUSION) for j, count in enumerate(row) for _ in range(count)]
    target, predicted = torch.tensor(labels).T
    metrics = accuracy_metrics(3, "val/")
    for half in (slice(0, 4), slice(4, None)):
        metrics.update(torch.eye(3)[predicted[half]], target[half])
    computed = metrics.compute()
    assert computed["val/OA"].item() == pytest.approx(0.7)
    assert computed["val/mAcc"].item() == pytest.approx(0.75)
