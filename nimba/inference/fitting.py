"""Fit what makes answers trustworthy: a temperature, and how far from training is too far."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from nimba.inference.calibration import Calibration
from nimba.inference.familiarity import Familiarity
from nimba.inference.network import Network
from nimba.runtime.errors import InputError

ACCEPTED = 0.95  # share of known clouds that are to be called known
FEWEST = 20  # clouds, below which nothing is fitted
_TEMPERATURES = (0.05, 20.0)


def fit_familiarity(model: Network, batches: Iterable[tuple[Tensor, Tensor]], num_classes: int) -> Familiarity:
    """What training clouds look like inside a network.

    Args:
        model: in evaluation mode.
        batches: points (B, N, 3) and labels (B,) of training clouds, as evaluation would show them.
        num_classes: C.
    """
    _, features, labels = _embedded(model, batches)
    return Familiarity.fit(features, labels, num_classes)


def fit_calibration(model: Network, batches: Iterable[tuple[Tensor, Tensor]], source: str) -> Calibration:
    """Temperature and threshold, on clouds that the network was not trained on.

    Args:
        model: in evaluation mode, with its ``familiarity`` if there shall be a threshold.
        batches: points (B, N, 3) and labels (B,) of clouds of known classes.
        source: what clouds those are.

    Raises:
        InputError: fewer than 20 clouds.
    """
    logits, features, labels = _embedded(model, batches)
    if len(labels) < FEWEST:
        raise InputError(f"calibration: needs {FEWEST} clouds or more, got {len(labels)}")
    temperature = fit_temperature(logits.double().log_softmax(1).numpy(), labels.numpy())
    distance = None
    if model.familiarity is not None:
        distance = float(np.quantile(model.familiarity.distances(features).numpy(), ACCEPTED))
    return Calibration(temperature, ACCEPTED, distance, len(labels), source)


def fit_temperature(log_probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest mean log-loss (Guo et al., ICML 2017, section 4.2).

    Of N clouds one in N + 2 is taken to be of another class than it is, any alike (after Platt, Probabilistic Outputs
    for Support Vector Machines, 1999, section 2.2): where all answers are right, the loss has no least value else.

    Args:
        log_probabilities: (N, C), or logits.
        labels: (N,).
    """
    from scipy.optimize import minimize_scalar  # a quarter of a second, for which no answer needs to wait

    doubt = 1 / (len(labels) + 2)

    def loss(log_temperature: float) -> float:
        scaled = log_probabilities / np.exp(log_temperature)
        shifted = np.maximum(scaled - scaled.max(1, keepdims=True), -1e3)  # of a probability of 0 as well
        right = shifted[np.arange(len(labels)), labels]
        others = (shifted.sum(1) - right) / max(1, shifted.shape[1] - 1)
        return float((np.log(np.exp(shifted).sum(1)) - (1 - doubt) * right - doubt * others).mean())

    bounds = tuple(np.log(_TEMPERATURES))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def expected_calibration_error(probabilities: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """How far confidence and accuracy are apart (Naeini et al., AAAI 2015), in bins of equal width.

    Args:
        probabilities: (N,) of the top classes.
        right: (N,) whether each is right.
        bins: how many.
    """
    probabilities, right = np.asarray(probabilities, float), np.asarray(right, float)
    place = np.minimum((probabilities * bins).astype(int), bins - 1)  # (N,)
    total = sum(abs(float((right - probabilities)[place == number].sum())) for number in range(bins))
    return total / len(right)


def _embedded(model: Network, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, list[Tensor], Tensor]:
    """Logits (N, C), features (N, D) at each place, and labels (N,) of all clouds."""
    device = next(model.parameters()).device
    logits, features, labels = [], [], []
    with torch.inference_mode():
        for points, some in batches:
            found, at_places = model.embed(points.to(device))
            logits.append(found.cpu())
            features.append([place.cpu() for place in at_places])
            labels.append(some.cpu())
    if not labels:
        raise InputError("calibration: there are no clouds to fit it to")
    return torch.cat(logits), [torch.cat(place) for place in zip(*features, strict=True)], torch.cat(labels)
