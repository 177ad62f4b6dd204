from itertools import pairwise

import numpy as np
import pytest

from nimba.quality import NamedOrder
from nimba.quality.changes import ANGLE, change
from nimba.quality.stability import pairs, stability
from nimba.serialization import ORDERS
from tests.clouds_to_try import cloud


def line(count=40):
    points = np.zeros((count, 3), np.float32)
    points[:, 1] = np.arange(count)
    return points


def kept(points, order, repeats=4, seed=0):
    points = points[np.lexsort(points.T[::-1])]
    shares = stability(change(points[None], repeats, seed), NamedOrder("", order), ORDERS[order].copies)
    return {kind: share.item() for kind, share in shares.items()}


def test_pairs_are_unordered_and_each_once():
    found = pairs(np.array([[2, 0, 1, 1, 0], [0, 1, 2, 1, 2]]), 3)
    listed = [
        list(zip(one[counted].tolist(), other[counted].tolist(), strict=True))
        for one, other, counted in zip(found.one, found.other, found.counted, strict=True)
    ]
    assert listed == [[(0, 1), (0, 2)], [(0, 1), (1, 2)]]


def test_changes_are_what_they_say():
    points = cloud("random", batch=2, count=100).numpy()
    changes = change(points, repeats=50, seed=0)
    assert (changes.jittered - points[:, None]).std() == pytest.approx(0.01, rel=0.02)
    assert changes.survivors.shape == (50, 90)
    assert all(len(set(row)) == 90 for row in changes.survivors.tolist())
    assert all(sorted(halves.ravel()) == list(range(100)) for halves in changes.halves)
    for axis in range(3):
        before, after = points[0], changes.turned[0, axis]
        np.testing.assert_array_equal(after[:, axis], before[:, axis])
        np.testing.assert_allclose(np.linalg.norm(after, axis=1), np.linalg.norm(before, axis=1), rtol=1e-5)
        flat, turned = np.delete(before, axis, 1), np.delete(after, axis, 1)
        cosines = (flat * turned).sum(1) / (np.linalg.norm(flat, axis=1) * np.linalg.norm(turned, axis=1))
        np.testing.assert_allclose(np.degrees(np.arccos(cosines)), ANGLE, atol=0.01)
    first, second = points[1][changes.halves[3, 0]], points[1][changes.halves[3, 1]]
    distances = np.linalg.norm(first[:, None] - second[None], axis=2)
    np.testing.assert_array_equal(changes.images[1, 3], distances.argmin(1))


def test_a_path_that_nothing_moves_is_kept_whole():
    shares = kept(line(), "axis")
    assert shares["jitter"] == shares["dropout"] == shares["turn_y"] == 1.0
    assert shares["resampling"] > 0.5  # halves of a line need not take turns


def test_sorting_along_y_survives_a_turn_about_y_only():
    points = cloud("random", batch=1, count=128)[0].numpy()
    shares = kept(points, "axis")
    assert shares["turn_y"] == shares["dropout"] == 1.0
    assert max(shares["turn_x"], shares["turn_z"]) < 0.5
    assert kept(points, "random")["dropout"] < 0.2


def test_another_seed_changes_the_random_figures_only():
    points = cloud("random", batch=1, count=128)[0].numpy()
    one, other = kept(points, "hilbert", seed=0), kept(points, "hilbert", seed=1)
    assert {kind for kind in one if one[kind] != other[kind]} == {"jitter", "dropout", "resampling"}


@pytest.mark.parametrize("order", ["nimba", "three_axes"])
def test_shares_are_those_of_sets_of_pairs(order):
    """Against the definition, a pair at a time."""
    points = cloud("random", batch=1, count=30)[0].numpy()
    points = points[np.lexsort(points.T[::-1])]
    serializer = NamedOrder("", order)
    changes = change(points[None], repeats=3, seed=0)
    shares = stability(changes, serializer, ORDERS[order].copies)

    def as_set(path):
        return {frozenset(pair) for pair in pairwise(path.tolist())}

    before = {pair for pair in as_set(serializer(points)) if len(pair) == 2}
    jitter = [len(before & as_set(serializer(moved))) / len(before) for moved in changes.jittered[0]]
    dropout = []
    for left in changes.survivors:
        both = {pair for pair in before if pair <= set(left.tolist())}
        dropout.append(len(both & as_set(left[serializer(points[left])])) / len(both))
    resampling = []
    for (one, other), image in zip(changes.halves, changes.images[0], strict=True):
        there = as_set(serializer(points[other]))
        walk = image[serializer(points[one])].tolist()
        resampling.append(np.mean([a == b or frozenset((a, b)) in there for a, b in pairwise(walk)]))
    assert shares["jitter"].item() == pytest.approx(np.mean(jitter))
    assert shares["dropout"].item() == pytest.approx(np.mean(dropout))
    assert shares["resampling"].item() == pytest.approx(np.mean(resampling))
