"""How far a cloud is from all that a network was trained on: the score of things that are of no known class.

Of each cloud two vectors are kept: the mean of its tokens as they come from the encoder, which tells of surfaces, and
the mean after the first block, which tells of parts. Training clouds of a class lie around the class's mean, with one
covariance for all classes; a cloud's distance is that of Mahalanobis to the nearest class (Lee et al., A Simple Unified
Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018, section 2), in units of the training clouds' median,
summed over both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nimba.runtime.errors import InputError

_PREFIX = "familiarity"
_SHRINKAGE = 1e-4  # of the covariance of standardised features towards the identity


@dataclass(frozen=True)
class Layer:
    """What training clouds look like at one place of the network.

    Args:
        whitener: (D, D); features times it have unit covariance within a class.
        means: (C, D) of the classes, whitened.
        median: squared distance of a training cloud from its nearest class.
    """

    whitener: Tensor
    means: Tensor
    median: Tensor

    def distances(self, features: Tensor) -> Tensor:
        """Squared distances to the nearest class, in medians: (B, D) -> (B,)."""
        white = features.double() @ self.whitener.double()  # (B, D)
        squared = (white[:, None] - self.means.double()).square().sum(2)  # (B, C)
        return squared.amin(1) / self.median.double()  # (B,)


@dataclass(frozen=True)
class Familiarity:
    """What a network's training clouds look like inside it: a ``Layer`` for each place."""

    layers: tuple[Layer, ...]

    @classmethod
    def fit(cls, features: Sequence[Tensor], labels: Tensor, num_classes: int) -> "Familiarity":
        """From the features (N, D) of training clouds at each place, and their labels (N,).

        Raises:
            InputError: fewer than two clouds, or features that are not finite.
        """
        return cls(tuple(_fit_layer(some.double(), labels, num_classes) for some in features))

    def distances(self, features: Sequence[Tensor]) -> Tensor:
        """How far clouds are from training: features (B, D) at each place -> (B,) float64, 1 for an ordinary cloud."""
        apart = [layer.distances(some) for layer, some in zip(self.layers, features, strict=True)]
        return torch.stack(apart).mean(0)  # (B,)

    def to_tensors(self) -> dict[str, Tensor]:
        """By names that no parameter of a network has, for a file of weights."""
        return {
            f"{_PREFIX}.{place}.{name}": getattr(layer, name).float().contiguous()
            for place, layer in enumerate(self.layers)
            for name in ("whitener", "means", "median")
        }

    @classmethod
    def take_from(cls, tensors: dict[str, Tensor], num_classes: int) -> "Familiarity | None":
        """Take what ``to_tensors`` gave out of a file's tensors; None where it holds none.

        Raises:
            InputError: parts that are missing, or of shapes that do not fit each other.
        """
        found = {name: tensors.pop(name) for name in list(tensors) if name.startswith(f"{_PREFIX}.")}
        if not found:
            return None
        layers = []
        for place in range(len(found) // 3):
            parts = [found.get(f"{_PREFIX}.{place}.{name}") for name in ("whitener", "means", "median")]
            if not _fit_together(parts, num_classes):
                raise InputError(f"{_PREFIX}.{place}: is damaged, or of another network")
            layers.append(Layer(*parts))  # type: ignore[arg-type]
        if 3 * len(layers) != len(found):
            raise InputError(f"{_PREFIX}: has {len(found)} parts, not three for each place")
        return cls(tuple(layers))

    def check(self, widths: Mapping[int, int] | Sequence[int]) -> None:
        """Refuse features of other widths than a network's.

        Raises:
            InputError: naming both.
        """
        mine = [layer.whitener.shape[0] for layer in self.layers]
        if mine != list(widths):
            raise InputError(f"{_PREFIX}: is of features of {mine}, the network has {list(widths)}")


def _fit_layer(features: Tensor, labels: Tensor, num_classes: int) -> Layer:
    if len(features) < 2 or not features.isfinite().all():
        raise InputError(f"{_PREFIX}: needs two clouds or more with finite features, got {len(features)}")
    total = torch.zeros(num_classes, features.shape[1], dtype=torch.float64)
    counts = torch.bincount(labels, minlength=num_classes)[:, None]  # (C, 1)
    means = total.index_add(0, labels, features) / counts.clamp(min=1)  # (C, D)
    means = torch.where(counts > 0, means, features.mean(0))  # a class without clouds
    scale = features.std(0).clamp(min=1e-6)  # (D,)
    rest = (features - means[labels]) / scale  # (N, D)
    covariance = rest.T @ rest / len(rest) + _SHRINKAGE * torch.eye(rest.shape[1], dtype=torch.float64)  # (D, D)
    whitener = torch.linalg.cholesky(torch.linalg.inv(covariance)) / scale[:, None]  # (D, D)
    layer = Layer(whitener, means @ whitener, torch.ones((), dtype=torch.float64))
    return Layer(whitener, layer.means, layer.distances(features).median().clamp(min=1e-9))


def _fit_together(parts: Sequence[Any], num_classes: int) -> bool:
    if not all(isinstance(part, Tensor) and part.is_floating_point() and part.isfinite().all() for part in parts):
        return False
    whitener, means, median = parts
    square = whitener.ndim == 2 and whitener.shape[0] == whitener.shape[1]
    return bool(square and means.shape == (num_classes, whitener.shape[0]) and median.ndim == 0 and median > 0)
