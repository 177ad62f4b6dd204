"""The classes cannot be told apart by size and proportions: linear models on moments and on bounding boxes fail."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from nimba.clouds import normalise
from nimba.datasets.shapes import CLASS_NAMES, make_split

Split = tuple[list[np.ndarray], torch.Tensor]


def _split(split: str, size: int) -> Split:
    clouds, labels = [], []
    for points, label, _ in make_split(split, size, num_points=256):
        clouds.append(normalise(points, "unit_sphere").astype(np.float64))
        labels.append(label)
    return clouds, torch.tensor(labels)


@pytest.fixture(scope="module")
def splits() -> tuple[Split, Split]:
    return _split("train", 720), _split("test", 240)


def _moments(cloud: np.ndarray) -> list[float]:
    """The coordinate moments of orders one to three, (19,)."""
    axes = [list(combinations_with_replacement(range(3), order)) for order in (1, 2, 3)]
    return [cloud[:, list(product)].prod(axis=1).mean() for order in axes for product in order]


def _bounding_box(cloud: np.ndarray) -> np.ndarray:
    """The corners and the size of the bounding box, (9,)."""
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    return np.concatenate([low, high, high - low])


def _linear_accuracy(
    train: torch.Tensor, train_labels: torch.Tensor, test: torch.Tensor, labels: torch.Tensor
) -> float:
    """The accuracy on test of a multinomial logistic regression on standardised features."""
    mean, scale = train.mean(dim=0), train.std(dim=0) + 1e-6  # the first moments are 0 up to rounding
    train, test = (train - mean) / scale, (test - mean) / scale
    model = torch.nn.Linear(train.shape[1], len(CLASS_NAMES)).double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=150, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = cross_entropy(model(train), train_labels) + 1e-5 * model.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return (model(test).argmax(dim=1) == labels).double().mean().item()


@pytest.mark.parametrize("features", [_moments, _bounding_box])
def test_linear_model_fails(features, splits: tuple[Split, Split]) -> None:
    (train, train_labels), (test, test_labels) = splits
    described = [torch.from_numpy(np.array([features(cloud) for cloud in clouds])) for clouds in (train, test)]
    accuracy = _linear_accuracy(described[0], train_labels, described[1], test_labels)
    assert 0.3 < accuracy < 0.7  # far from chance, so the model did learn
