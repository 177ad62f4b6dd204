"""Labels that were made wrong on purpose are found, with a classifier that was fitted to the others."""

import numpy as np
import pytest

from nimba.datasets.near_duplicates import sketch
from nimba.datasets.shapes import CLASS_NAMES, make_shape
from nimba.evaluation.figures import auroc
from nimba.evaluation.suspicious import suspicious_labels
from nimba.runtime.errors import InputError

EACH, FOLDS, WRONG = 30, 5, 0.08


@pytest.fixture(scope="module")
def planted():
    """Out-of-sample probabilities of made shapes, the labels with errors, which are errors, and the true classes.

    The classifier is a small one that is right about 79 % of the clouds: kernel ridge regression on kernel mean
    embeddings, fitted on the other folds, wrong labels and all.
    """
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(12), EACH)
    count = len(truth)
    generators = [np.random.default_rng([7, number]) for number in range(count)]
    clouds = [make_shape(CLASS_NAMES[label], some, 512) for label, some in zip(truth, generators, strict=True)]
    features = np.stack([sketch(cloud).features for cloud in clouds])
    wrong = np.zeros(count, bool)
    wrong[rng.choice(count, int(WRONG * count), replace=False)] = True
    labels = np.where(wrong, (truth + rng.integers(1, 12, count)) % 12, truth)
    fold = rng.permutation(count) % FOLDS
    apart = np.square(features[:, None] - features).sum(2)  # (N, N)
    kernel = np.exp(-2 * apart / np.median(apart))
    chances = np.zeros((count, 12))
    for number in range(FOLDS):
        fit, rest = fold != number, fold == number
        gram = kernel[np.ix_(fit, fit)] + 0.1 * np.eye(fit.sum())
        scores = kernel[np.ix_(rest, fit)] @ np.linalg.solve(gram, np.eye(12)[labels[fit]])
        chances[rest] = np.exp(10 * scores) / np.exp(10 * scores).sum(1, keepdims=True)
    return chances, labels, wrong, truth


def test_planted_errors_are_ranked_first(planted):
    chances, labels, wrong, truth = planted
    found = suspicious_labels(chances, labels)
    places = [one.place for one in found]
    many = wrong.sum()
    recall, precision = wrong[places].sum() / many, wrong[places[:many]].mean()  # of as many as there are
    rank = np.zeros(len(wrong))
    rank[places] = [1 - (one.margin + 1) / 2 for one in found]
    area = auroc(rank[~wrong], rank[wrong])
    print(
        f"{many} of {len(wrong)} labels wrong: {recall:.0%} found, {precision:.0%} of the first {many}, AUC {area:.2f}"
    )
    assert recall >= 0.65
    assert precision >= 0.5  # of labels taken at random, 8 %
    assert area >= 0.8
    assert [one.margin for one in found] == sorted(one.margin for one in found)
    hits = [one.suggested == truth[one.place] for one in found if wrong[one.place]]
    assert np.mean(hits) >= 0.65


def test_the_formula_by_hand():
    chances = np.array([[0.9, 0.1, 0], [0.7, 0.3, 0], [0.2, 0.8, 0], [0.85, 0.15, 0]])
    # Thresholds: .8 and .475; only the last cloud reaches that of another class than its own.
    (one,) = suspicious_labels(chances, np.array([0, 0, 1, 1]))
    assert (one.place, one.label, one.suggested) == (3, 1, 0)
    assert one.margin == pytest.approx(-0.7)


def test_a_class_without_clouds_is_never_suggested():
    assert suspicious_labels(np.array([[0.1, 0.9], [0.2, 0.8]]), np.array([0, 0])) == []
    assert suspicious_labels(np.zeros((0, 3)), np.zeros(0, int)) == []


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match="must be"):
        suspicious_labels(np.ones((2, 3)), np.zeros(3, int))
    with pytest.raises(InputError, match="0 to 2"):
        suspicious_labels(np.ones((2, 3)), np.array([0, 3]))
