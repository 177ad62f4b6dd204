"""How long training takes on this machine: measured on a few steps before it begins."""

import time

import torch
from torch.nn import functional

from nimba.classifier import create_model
from nimba.transfer.recipe import Recipe

_STEPS = 3
_SHARE = 0.75  # of the minutes that epochs are planned for; validation, calibration and the report take the rest


def seconds_per_cloud(recipe: Recipe, num_classes: int) -> float:
    """Of one look at one cloud in training, forward and backward, with the threads there are."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        network = create_model(recipe.model, num_classes, **recipe.settings).to(device).train()
        points = torch.rand(recipe.batch_size, recipe.points, 3, device=device)
        labels = torch.arange(recipe.batch_size, device=device) % num_classes
        seconds = []
        for _ in range(_STEPS):
            start = time.perf_counter()
            functional.cross_entropy(network(points), labels).backward()
            if device == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - start)
    return min(seconds) / recipe.batch_size


def epochs_in(minutes: float, epochs: int, clouds: int, seconds: float) -> int:
    """As many of ``epochs`` as fit into some minutes, at least one.

    Args:
        minutes: for all.
        epochs: that are wanted.
        clouds: of an epoch.
        seconds: of a cloud.
    """
    return max(1, min(epochs, int(_SHARE * 60 * minutes / max(1e-9, clouds * seconds))))
