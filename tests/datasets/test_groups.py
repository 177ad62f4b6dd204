"""Cuts that keep groups together."""

import numpy as np
import pytest

from nimba.datasets import FolderDataModule
from nimba.datasets.folder_layout import FolderLayout
from nimba.datasets.splitting import grouped_folds, grouped_split
from nimba.runtime.errors import InputError


def clouds_in_groups(seed: int) -> tuple[np.ndarray, list[str]]:
    """Labels and groups of up to 200 clouds; some groups have several classes."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 40, 200)
    labels = np.where(rng.random(200) < 0.9, groups % 4, rng.integers(0, 4, 200))
    return labels, [f"g{group}" for group in groups]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_no_group_is_on_both_sides_and_classes_have_their_share(seed, fraction):
    labels, groups = clouds_in_groups(seed)
    kept, cut = grouped_split(labels, groups, fraction, seed)
    assert sorted([*kept, *cut]) == list(range(200))
    assert not {groups[i] for i in kept} & {groups[i] for i in cut}
    for label in range(4):
        share = (labels[cut] == label).sum() / (labels == label).sum()
        assert 0 < share < 1
        assert abs(share - fraction) < 0.12


def test_the_cut_does_not_depend_on_the_order_of_clouds():
    labels, groups = clouds_in_groups(0)
    order = np.random.default_rng(1).permutation(len(labels))
    _, cut = grouped_split(labels, groups, 0.2, 3)
    _, other = grouped_split(labels[order], [groups[i] for i in order], 0.2, 3)
    assert sorted(order[other]) == sorted(cut)


def test_a_class_of_one_group_stays_where_it_is_learnt_from():
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    kept, cut = grouped_split(labels, ["a", "a", "a", "b", "c", "d", "e"], 0.3, 0)
    assert set(labels[kept]) == {0, 1}
    assert set(labels[cut]) == {1}
    kept, cut = grouped_split(labels, list("aaabcde"), 0.0, 0)
    assert len(cut) == 0


@pytest.mark.parametrize("seed", range(4))
def test_folds_keep_groups_whole_and_classes_even(seed):
    labels, groups = clouds_in_groups(seed)
    fold = grouped_folds(labels, groups, 5, seed)
    for group in set(groups):
        assert len({fold[i] for i, name in enumerate(groups) if name == group}) == 1
    for number in range(5):
        assert abs((fold == number).mean() - 0.2) < 0.08


def write_scans(folder):
    rng = np.random.default_rng(0)
    for name in ("car", "tree"):
        (folder / name).mkdir(parents=True)
        for thing in range(5):
            for scan in range(3):
                np.save(folder / name / f"{name}{thing}_scan{scan}.npy", rng.normal(size=(80, 3)).astype(np.float32))
    return folder


def test_scans_of_one_object_are_never_cut_apart(tmp_path):
    data = FolderDataModule(
        str(write_scans(tmp_path)), num_points=64, group_by=r"(\w+\d)_scan", val_fraction=0.25, test_fraction=0.2
    )
    train = data.load_split("train")
    kept, cut = data.cut_validation(train)
    sides = [[train.ids[i] for i in kept], [train.ids[i] for i in cut], data.load_split("test").ids]
    things = [{name.rpartition("_")[0] for name in side} for side in sides]
    assert all(things)
    assert not things[0] & things[1]
    assert not things[0] & things[2]
    assert not things[1] & things[2]


def test_a_pattern_that_is_none_and_a_class_of_one_group_are_one_line(tmp_path):
    write_scans(tmp_path)
    with pytest.raises(InputError, match="group_by is '\\(': no regular expression"):
        FolderLayout(tmp_path, "(")
    with pytest.raises(InputError, match="car: one group cannot be cut into train and test"):
        FolderLayout(tmp_path, "(car|tree)/").splits(0.2, 0)
