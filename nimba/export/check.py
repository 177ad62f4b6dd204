"""Whether an exported file gives the probabilities that the network gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.export.pipeline import Pipeline, description, least_points
from nimba.runtime.errors import InputError

TOLERANCE = 1e-4  # of a probability

Run = Callable[[Tensor], Tensor]  # points (B, N, 3) -> probabilities (B, C)


@dataclass(frozen=True)
class Comparison:
    """What was compared."""

    clouds: int
    sizes: tuple[int, ...]  # points of a cloud
    difference: float  # the greatest, of a probability
    same_class: int  # clouds for which both name the same class

    def __str__(self) -> str:
        sizes = ", ".join(map(str, self.sizes))
        return (
            f"{self.same_class} of {self.clouds} made clouds of {sizes} points are of the same class as in torch; "
            f"probabilities differ by {self.difference:.1e} at most"
        )


def compare(pipeline: Pipeline, run: Run) -> Comparison:
    """Classify made clouds in both: a batch, single ones, fewer points and more than in training.

    Args:
        pipeline: with the network.
        run: classifies with the file.
    """
    sizes, differences, same, clouds = [], [], 0, 0
    for points in made_clouds(pipeline):
        with torch.no_grad():
            expected = pipeline(points)  # (B, C)
        found = run(points)
        clouds += len(points)
        sizes.append(points.shape[1])
        differences.append((found - expected).abs().max().item())
        same += int((found.argmax(1) == expected.argmax(1)).sum())
    return Comparison(clouds, tuple(sizes), float(np.max(differences)), same)  # NaN stays NaN


def made_clouds(pipeline: Pipeline) -> Iterator[Tensor]:
    """Batches (B, N, 3) of NIMBA's own shapes, in units and at places of their own; the last one has points twice."""
    spec = description(pipeline.network)
    least = least_points(pipeline.network.settings)
    rng = np.random.default_rng(0)
    for count, size in ((4, max(spec.num_points, least)), (1, least), (1, 2 * max(spec.num_points, least))):
        shapes = [make_shape(CLASS_NAMES[i % len(CLASS_NAMES)], rng, size) for i in range(count)]
        yield torch.from_numpy(np.stack(shapes).astype(np.float32)) * 3 + 1
    shape = make_shape(CLASS_NAMES[-1], rng, least).astype(np.float32)
    yield torch.from_numpy(np.concatenate([shape, shape])[None])


def require_equal(comparison: Comparison, what: str) -> None:
    """Refuse a file that disagrees with the network.

    Raises:
        InputError: saying how far.
    """
    if comparison.same_class < comparison.clouds or not comparison.difference <= TOLERANCE:
        raise InputError(f"{what}: not written, for it disagrees with the network: {comparison}")
