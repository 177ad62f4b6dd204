"""Pairs of clouds that are samples of one shape, in two steps: a cheap search that finds them, and a proof.

The search compares kernel mean embeddings: the mean over a cloud's points of random Fourier features (Rahimi and Recht,
NIPS 2007), whose distance is the maximum mean discrepancy between the clouds (Gretton et al., JMLR 2012). A pair counts
only if it is far closer than clouds of this data set are to their nearest neighbours as a rule: in a set of poles,
which are all alike, none is a duplicate of another.

The proof is in the points, of which it takes 512 or more: those of each cloud lie as near to the other cloud as the
other's lie to each other. Two samples of one surface do; so do a cloud and part of its points.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from nimba.clouds import normalise, resample

FEWEST = 20  # clouds, below which there is no saying how far neighbours are as a rule
FEWEST_POINTS = 512  # of a cloud; between fewer there is room for more shapes than one
CLOSE = 0.5  # of the median distance to the nearest neighbour
SPACINGS = 1.1  # between a point and the other cloud, in distances of that cloud's points from each other
_MOST_READ, _MOST_KEPT = 2048, 1024  # points of a cloud: for its features, and for the proof
_FEATURES = 256
_BANDWIDTHS = (0.1, 0.3)  # of the kernels, in radii of the cloud
_NEIGHBOURS = 8  # that are looked at, of each cloud
_AT_ONCE = 1024  # rows of the table of distances


class Sketch(NamedTuple):
    """What is kept of a cloud."""

    points: np.ndarray  # (P, 3) float32 in the unit sphere, each once
    features: np.ndarray  # (F,) float32


def sketch(points: np.ndarray) -> Sketch:
    """Of a cloud (N, 3); its scale, place and order of points do not matter, its axes do."""
    single = normalise(np.unique(np.asarray(points, np.float32), axis=0), "unit_sphere")
    some = resample(single, min(len(single), _MOST_READ))  # (P, 3)
    frequencies, phases = _frequencies()
    features = np.cos(some @ frequencies + phases).mean(0) * np.sqrt(2 / _FEATURES)
    return Sketch(some[:_MOST_KEPT], features.astype(np.float32))


def near_pairs(sketches: list[Sketch]) -> list[tuple[int, int]]:
    """Places of clouds that are nearly the same, the lower first; none among fewer than 20 clouds."""
    if len(sketches) < FEWEST:
        return []
    neighbours, distances = _nearest(np.stack([one.features for one in sketches]))
    close = distances <= CLOSE * np.median(distances[:, 0])  # (N, K)
    found = [(int(at), int(neighbours[at, k])) for at, k in np.argwhere(close)]
    pairs = {(min(pair), max(pair)) for pair in found}
    return [pair for pair in sorted(pairs) if _same_shape(sketches[pair[0]].points, sketches[pair[1]].points)]


@cache
def _frequencies() -> tuple[np.ndarray, np.ndarray]:
    """(3, F) and (F,), float32: half of them for each bandwidth."""
    rng = np.random.default_rng(0)
    widths = np.repeat(_BANDWIDTHS, _FEATURES // len(_BANDWIDTHS))  # (F,)
    return (
        (rng.normal(size=(3, _FEATURES)) / widths).astype(np.float32),
        rng.uniform(0, 2 * np.pi, _FEATURES).astype(np.float32),
    )


def _nearest(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and distances (N, K) of each cloud's nearest others, the nearest first; features (N, F)."""
    squares = np.square(features).sum(1)  # (N,)
    count = min(_NEIGHBOURS, len(features) - 1)
    places, distances = [], []
    for start in range(0, len(features), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(features)))
        table = squares[rows, None] + squares - 2 * features[rows] @ features.T  # (R, N)
        table[np.arange(len(rows)), rows] = np.inf
        some = np.argpartition(table, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(table, some, 1)
        order = found.argsort(1)
        places.append(np.take_along_axis(some, order, 1))
        distances.append(np.sqrt(np.maximum(np.take_along_axis(found, order, 1), 0)))
    return np.concatenate(places), np.concatenate(distances)


def _same_shape(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the points of each lie on the other, as well as samples can; not to be told of sparse clouds."""
    if min(len(one), len(other)) < FEWEST_POINTS:
        return False
    from scipy.spatial import cKDTree

    trees = cKDTree(one), cKDTree(other)
    spacing = [float(tree.query(tree.data, k=2)[0][:, 1].mean()) for tree in trees]
    apart = [float(trees[1].query(one)[0].mean()), float(trees[0].query(other)[0].mean())]
    return apart[0] <= SPACINGS * spacing[1] and apart[1] <= SPACINGS * spacing[0]
