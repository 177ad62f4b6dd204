import numpy as np

from nimba.datasets.splitting import stratified_folds, stratified_split

LABELS = np.repeat([0, 1, 2, 3], [40, 20, 2, 1])
IDS = [f"cloud{i}" for i in range(len(LABELS))]


def test_every_class_gives_its_share():
    kept, cut = stratified_split(LABELS, IDS, 0.25, seed=0)
    assert np.bincount(LABELS[cut], minlength=4).tolist() == [10, 5, 1, 0]
    assert sorted([*kept, *cut]) == list(range(len(LABELS)))


def test_a_large_fraction_leaves_something_in_every_class():
    kept, _ = stratified_split(LABELS, IDS, 0.99, seed=0)
    assert set(LABELS[kept]) == {0, 1, 2, 3}


def test_no_fraction_cuts_nothing():
    kept, cut = stratified_split(LABELS, IDS, 0.0, seed=0)
    assert len(cut) == 0
    assert kept.tolist() == list(range(len(LABELS)))


def test_the_seed_decides_the_cut():
    cuts = [stratified_split(LABELS, IDS, 0.25, seed=seed)[1].tolist() for seed in (0, 0, 1)]
    assert cuts[0] == cuts[1] != cuts[2]


def test_the_cut_is_pinned_across_machines_and_versions():
    _, cut = stratified_split(np.zeros(12, int), [str(i) for i in range(12)], 0.25, seed=0)
    assert cut.tolist() == [1, 2, 10]


def test_one_cloud_more_moves_no_other():
    _, before = stratified_split(np.zeros(100, int), [f"a{i}" for i in range(100)], 0.2, seed=3)
    _, after = stratified_split(np.zeros(101, int), [f"a{i}" for i in range(101)], 0.2, seed=3)
    assert len(set(before) ^ set(after)) <= 2


def test_folds_share_out_every_class_and_the_whole():
    folds = stratified_folds(LABELS, IDS, 5, seed=0)
    assert folds.shape == LABELS.shape
    for label in np.unique(LABELS):
        counts = np.bincount(folds[label == LABELS], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert sorted(np.bincount(folds, minlength=5)) == [12, 12, 13, 13, 13]


def test_the_seed_decides_the_folds_and_nothing_else_does():
    first, again, other = (stratified_folds(LABELS, IDS, 3, seed=seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()
    pinned = stratified_folds(np.zeros(8, int), [str(i) for i in range(8)], 3, seed=0)
    assert pinned.tolist() == [1, 1, 0, 0, 2, 1, 0, 2]
