"""The classes cannot be told apart by size and proportions: a linear model on moments fails."""

from itertools import combinations_with_replacement

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from nimba.clouds import normalise
from nimba.datasets.shapes import CLASS_NAMES, make_split


def _moments(split: str, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The coordinate moments of orders one to three of normalised shapes, (size, 19), and the labels (size,)."""
    features, labels = [], []
    for points, label, _ in make_split(split, size, num_points=256):
        cloud = normalise(points, "unit_sphere").astype(np.float64)
        features.append(
            [
                cloud[:, axes].prod(axis=1).mean()
                for order in (1, 2, 3)
                for axes in map(list, combinations_with_replacement(range(3), order))
            ]
        )
        labels.append(label)
    return torch.tensor(features), torch.tensor(labels)


def test_linear_model_on_moments_fails() -> None:
    (train, train_labels), (test, test_labels) = _moments("train", 720), _moments("test", 240)
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
    accuracy = (model(test).argmax(dim=1) == test_labels).double().mean().item()
    assert 0.3 < accuracy < 0.7  # far from chance, so the model did learn
