"""Stability: how much of a path is left when the cloud is not quite the same."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nimba.quality.changes import Changes
from nimba.serialization import inverse

KINDS = ("jitter", "dropout", "turn_x", "turn_y", "turn_z", "resampling")

Serializer = Callable[[np.ndarray], np.ndarray]  # (B, N, 3) -> (B, copies N) numbers of points along each path


@dataclass(frozen=True)
class Pairs:
    """Points that follow one another on the paths of B clouds, (B, P) each."""

    one: np.ndarray
    other: np.ndarray
    counted: np.ndarray  # bool: each unordered pair once, and no point with a copy of itself


def stability(changes: Changes, serializer: Serializer, copies: int = 1) -> dict[str, np.ndarray]:
    """Share of the pairs that are neighbours on the path and still are after a change of the cloud.

    - "jitter": Gaussian noise of standard deviation 0.01 on each coordinate.
    - "dropout": a tenth of the points is missing; pairs of which both points are left count.
    - "turn_x", "turn_y", "turn_z": a turn of 15 degrees about an axis.
    - "resampling": two halves of the cloud that share no point, each serialized alone: two samples of one shape. For
      each point of the first half, the nearest of the second stands for it. Of the first half's steps, those count
      as kept whose ends are stood for by neighbours on the second half's path, or by one and the same point.

    Pairs have no direction. Random changes are repeated, and their shares averaged.

    Args:
        changes: of B clouds.
        serializer: orders a batch of clouds.
        copies: how often it repeats each point; a pair is kept if any two of its copies are neighbours.

    Returns:
        (B,) float64 in [0, 1] for each of ``KINDS``; 1 where a cloud is too small to have pairs.
    """
    batch, count = changes.points.shape[:2]
    before = pairs(serializer(changes.points), count)

    def kept(clouds: np.ndarray) -> np.ndarray:
        """(B, R, N, 3) -> (B, R)."""
        places = _places(clouds, serializer, copies)  # (B, R, N, copies)
        return np.stack([_share(before, places[:, r]) for r in range(places.shape[1])], 1)

    turned = kept(changes.turned)  # (B, 3)
    return {
        "jitter": kept(changes.jittered).mean(1),
        "dropout": _after_dropout(changes, before, serializer, copies),
        **{f"turn_{name}": turned[:, axis] for axis, name in enumerate("xyz")},
        "resampling": _after_resampling(changes, serializer, copies) if count >= 4 else np.ones(batch),
    }


def pairs(paths: np.ndarray, count: int) -> Pairs:
    """Neighbours on each of B paths (B, M) through ``count`` points."""
    one, other = np.minimum(paths[:, 1:], paths[:, :-1]), np.maximum(paths[:, 1:], paths[:, :-1])  # (B, M - 1)
    codes = np.sort(one * count + other, axis=1)
    one, other = codes // count, codes % count
    again = np.zeros(codes.shape, bool)
    again[:, 1:] = codes[:, 1:] == codes[:, :-1]
    return Pairs(one, other, (one != other) & ~again)


def _places(clouds: np.ndarray, serializer: Serializer, copies: int) -> np.ndarray:
    """Where each point stands on its cloud's path: (B, R, N, 3) -> (B, R, N, copies)."""
    batch, repeats, count, _ = clouds.shape
    paths = serializer(clouds.reshape(-1, count, 3))  # (B R, copies N)
    return inverse(paths, copies).reshape(batch, repeats, count, copies)


def _adjacent(places: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether two points are neighbours: places (B, N, copies), numbers of points (B, P) twice -> (B, P)."""
    cloud = np.arange(len(places))[:, None]
    apart = np.abs(places[cloud, one][..., :, None] - places[cloud, other][..., None, :])  # (B, P, copies, copies)
    return (apart == 1).any((2, 3))


def _share(before: Pairs, places: np.ndarray) -> np.ndarray:
    """Share of the counted pairs that are neighbours at these places: (B,)."""
    counted = before.counted.sum(1)
    kept = (before.counted & _adjacent(places, before.one, before.other)).sum(1)
    return np.where(counted > 0, kept / np.maximum(counted, 1), 1.0)


def _after_dropout(changes: Changes, before: Pairs, serializer: Serializer, copies: int) -> np.ndarray:
    count = changes.points.shape[1]
    places = _places(changes.points[:, changes.survivors], serializer, copies)  # (B, R, S, copies)
    shares = []
    for repeat, survivors in enumerate(changes.survivors):
        number = np.full(count, -1)  # of each point among those that are left
        number[survivors] = np.arange(len(survivors))
        one, other = number[before.one], number[before.other]  # (B, P)
        left = Pairs(one, other, before.counted & (one >= 0) & (other >= 0))
        shares.append(_share(left, places[:, repeat]))
    return np.mean(shares, axis=0)


def _after_resampling(changes: Changes, serializer: Serializer, copies: int) -> np.ndarray:
    first, second = changes.halves[:, 0], changes.halves[:, 1]  # (R, H)
    batch, repeats, half = changes.images.shape
    paths = serializer(changes.points[:, first].reshape(-1, half, 3)).reshape(batch, repeats, -1)  # (B, R, M)
    places = _places(changes.points[:, second], serializer, copies)  # (B, R, H, copies)
    walked = np.take_along_axis(changes.images, paths, axis=2)  # (B, R, M), numbers in the second half
    one, other = walked[..., :-1], walked[..., 1:]
    shares = []
    for r in range(repeats):
        together = one[:, r] == other[:, r]
        shares.append((together | _adjacent(places[:, r], one[:, r], other[:, r])).mean(1))
    return np.mean(shares, axis=0)
