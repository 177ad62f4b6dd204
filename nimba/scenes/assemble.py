"""From pieces to things: what floats belongs to what stands under it."""

import numpy as np

from nimba.scenes.clusters import components, pieces, ranked
from nimba.scenes.trees import tree_of

_UNDER = 0.25  # share of the smaller one's floor plan that a floating piece and one below it have in common
_INSIDE = 0.7  # of a standing piece's plan that is under a floating one: a leg
_ROUNDS = 3  # of joining what hangs on something
_NEAR = 3.0  # reaches to the thing that a piece with nothing under it is a part of


def things(points: np.ndarray, heights: np.ndarray, reach: float, stands: float, fewest: int) -> np.ndarray:
    """The thing that each point is of, the largest first: (N,) int; -1 for strays.

    Args:
        points: (N, 3), floor and walls taken off.
        heights: (N,) above the floor.
        reach: of one point of a piece to the next.
        stands: a piece that begins below this height stands on the floor.
        fewest: points of a thing.
    """
    label = pieces(points, reach)
    count = int(label.max(initial=-1)) + 1
    if count == 0:
        return label
    sizes = np.bincount(label[label >= 0], minlength=count)
    label = np.where((label >= 0) & (sizes[label] >= max(fewest // 8, 4)), label, -1)
    if label.max(initial=-1) < 0:
        return label
    label = ranked(label)
    label = _joined(points, heights, label, reach, stands)
    sizes = np.bincount(label[label >= 0])
    label = ranked(np.where((label >= 0) & (sizes[label] >= fewest), label, -1))
    return _with_strays(points, label, reach)


def _joined(points: np.ndarray, heights: np.ndarray, label: np.ndarray, reach: float, stands: float) -> np.ndarray:
    """Pieces (N,) of which floating ones are joined with those under them, or with the nearest thing."""
    count = int(label.max()) + 1
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, label[label >= 0], heights[label >= 0])
    standing = lowest < stands
    plans = _plans(points, label, count, reach)
    edges: list[tuple[int, int]] = []
    for piece in np.flatnonzero(~standing).tolist():
        below = [k for k in range(count) if k != piece and lowest[k] < lowest[piece]]
        common = {k: len(plans[piece] & plans[k]) / min(len(plans[piece]), len(plans[k])) for k in below}
        legs = [k for k, share in common.items() if share >= _INSIDE and standing[k]]
        best = max(common, key=lambda k: common[k], default=None)
        if legs:
            edges += [(piece, k) for k in legs]
        elif best is not None and common[best] >= _UNDER:
            edges.append((piece, best))
    for piece in np.flatnonzero(standing).tolist():  # a leg that is denser than the board it carries
        for larger in range(piece):
            inside = len(plans[piece] & plans[larger]) >= _INSIDE * len(plans[piece])
            if inside and _gap(points[label == piece], points[label == larger]) <= reach:
                edges.append((piece, larger))
    label = _merged(label, edges)
    for _ in range(_ROUNDS):  # what hangs on a thing, then what hangs on that
        edges = _hanging(points, heights, label, reach, stands)
        if not edges:
            break
        label = _merged(label, edges)
    return ranked(label)


def _gap(points: np.ndarray, others: np.ndarray) -> float:
    """Least distance of points (N, 3) from others (M, 3)."""
    return float(tree_of(others).query(points)[0].min())


def _merged(label: np.ndarray, edges: list[tuple[int, int]]) -> np.ndarray:
    """Labels (N,) after pairs of pieces are joined."""
    pairs = np.array(edges, int).reshape(-1, 2)
    whole = components(int(label.max()) + 1, pairs[:, 0], pairs[:, 1])
    return np.where(label >= 0, whole[label], -1)


def _hanging(
    points: np.ndarray, heights: np.ndarray, label: np.ndarray, reach: float, stands: float
) -> list[tuple[int, int]]:
    """Floating pieces and the standing piece that each is next to."""
    count = int(label.max()) + 1
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, label[label >= 0], heights[label >= 0])
    known = label >= 0
    low = known & (lowest[label] < stands)
    floating = np.flatnonzero(known & ~low)
    if not len(floating) or not low.any():
        return []
    apart, nearest = tree_of(points[low]).query(points[floating], distance_upper_bound=_NEAR * reach)
    first = np.lexsort((apart, label[floating]))  # of each piece, its point that is nearest
    chosen = first[np.unique(label[floating][first], return_index=True)[1]]
    chosen = chosen[np.isfinite(apart[chosen])]
    return list(zip(label[floating[chosen]], label[low][nearest[chosen]], strict=True))


def _plans(points: np.ndarray, label: np.ndarray, count: int, side: float) -> list[set[int]]:
    """Squares of the floor plan that each piece is in or beside; ``points`` have the height last."""
    index = np.floor((points[:, :2] - points[:, :2].min(0)) / side).astype(np.int64) + 1
    width = int(index[:, 1].max()) + 3
    around = np.array([a * width + b for a in (-1, 0, 1) for b in (-1, 0, 1)])
    number = index[:, 0] * width + index[:, 1]
    return [set((np.unique(number[label == k])[:, None] + around).ravel().tolist()) for k in range(count)]


def _with_strays(points: np.ndarray, label: np.ndarray, reach: float) -> np.ndarray:
    """Points of no thing that are next to one are of it: thin rods, whose points have few neighbours."""
    known = label >= 0
    if known.all() or not known.any():
        return label
    apart, nearest = tree_of(points[known]).query(points[~known], distance_upper_bound=reach)
    label = label.copy()
    found = np.where(np.isfinite(apart), label[known][np.minimum(nearest, known.sum() - 1)], -1)
    label[~known] = found
    return label
