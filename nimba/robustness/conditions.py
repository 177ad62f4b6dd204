"""Test conditions after the paper's robustness study: rotation, jitter, input dropout, and their combinations.

The paper (arXiv 2411.00151) names the three and not their parameters, which are chosen here as the field has them. They
are the transforms that training uses: ``configs/sweeps/robustness.yaml`` trains with what is tested here.

- ``turn``: about y, the up axis, by any angle, as ScanObjectNN's recipes do. It is the rotation of the combinations.
- ``tilt``: about x, then y, then z, each by up to 15 degrees either way, the usual small rotation of aligned data.
- ``jitter``: PointNet's, as in ``ClippedJitter``.
- ``dropout``: PointNet++'s, as in ``PointDropout``: any share of the points up to its highest.
"""

from functools import cache
from itertools import combinations

import numpy as np
import torch
from torch_geometric.transforms import BaseTransform, RandomRotate

from nimba.datasets.cache_on_device import OnBatch, on_batches
from nimba.datasets.randomness import derived_seed
from nimba.datasets.transforms import ClippedJitter, PointDropout
from nimba.runtime.errors import InputError

COMBINED = ("turn", "jitter", "dropout")  # in the order that they are applied
CONDITIONS: dict[str, tuple[str, ...]] = {
    "clean": (),
    **{"+".join(some): some for count in (1, 2, 3) for some in combinations(COMBINED, count)},
    "tilt": ("tilt",),
}
"""Name of each condition -> the changes it consists of, in order."""


def transforms(change: str) -> list[BaseTransform]:
    """The torch-geometric transforms that a change consists of.

    Raises:
        InputError: for a change that there is not.
    """
    if change == "turn":
        return [RandomRotate(180.0, axis=1)]
    if change == "tilt":
        return [RandomRotate(15.0, axis=axis) for axis in range(3)]
    if change == "jitter":
        return [ClippedJitter()]
    if change == "dropout":
        return [PointDropout()]
    raise InputError(f"change {change!r}: give one of {', '.join((*COMBINED, 'tilt'))}")


def changed(points: np.ndarray, condition: str, *, seed: int, number: int) -> np.ndarray:
    """A cloud under a test condition.

    The randomness of each change depends on (seed, change, number) alone: a cloud is turned by the same angle wherever
    "turn" is part of the condition, so that conditions are compared on the same draws.

    Args:
        points: (N, 3) float32, y up.
        condition: one of ``CONDITIONS``.
        seed: of the whole test.
        number: of the cloud in the data set.

    Returns:
        (N, 3) float32.

    Raises:
        InputError: for an unknown condition.
    """
    if condition not in CONDITIONS:
        raise InputError(f"condition {condition!r}: give one of {', '.join(CONDITIONS)}")
    batch = torch.from_numpy(np.array(points, dtype=np.float32))[None]  # (1, N, 3)
    for change in CONDITIONS[condition]:
        generator = torch.Generator().manual_seed(derived_seed("condition", seed, change, number))
        for apply in _on_batches(change):
            batch = apply(batch, generator)
    return batch[0].numpy()  # (N, 3)


@cache
def _on_batches(change: str) -> tuple[OnBatch, ...]:
    return tuple(on_batches(transform) for transform in transforms(change))
