import random

import numpy as np
import pytest
import torch
from torch_geometric.transforms import BaseTransform, RandomJitter, RandomRotate

from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.dataset import CloudDataset, collate
from nimba.datasets.transforms import RandomScale
from nimba.runtime.errors import InputError
from tests.datasets.layouts import cloud, clouds


@pytest.fixture
def labelled() -> LabelledClouds:
    return LabelledClouds(clouds(6, 32), np.arange(6) % 3, 3, [str(i) for i in range(6)])


def training(labelled: LabelledClouds, num_points: int = 16, seed: int = 0, indices=None) -> CloudDataset:
    transforms = [
        RandomScale(),
        RandomRotate(180, axis=1),
        RandomJitter(0.1),
    ]  # torch's, Python's and torch's generator
    indices = np.arange(len(labelled)) if indices is None else indices
    return CloudDataset(labelled, indices, num_points, training=True, transforms=transforms, seed=seed)


def test_a_sample_depends_on_seed_epoch_and_index_alone(labelled):
    dataset = training(labelled)
    first = dataset[(3, 2)][0]
    torch.manual_seed(99)
    random.seed(99)
    batch = dataset.__getitems__([(3, 5), (3, 2), (0, 1)])
    torch.testing.assert_close(batch[1][0], first, rtol=0, atol=0)
    for other in (training(labelled, seed=1)[(3, 2)], dataset[(4, 2)], dataset[(3, 3)]):
        assert not torch.equal(other[0], first)


def test_the_cut_of_a_split_changes_no_sample(labelled):
    part = training(labelled, indices=np.array([4, 5]))
    torch.testing.assert_close(part[(1, 0)][0], training(labelled)[(1, 4)][0], rtol=0, atol=0)


def test_drawing_samples_leaves_the_global_generators_alone(labelled):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    training(labelled)[(0, 0)]
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


def test_training_draws_distinct_points_of_the_cloud(labelled):
    dataset = CloudDataset(labelled, np.arange(6), 16, training=True)
    drawn = [dataset[(epoch, 1)][0].numpy() for epoch in (0, 1)]
    for points in drawn:
        assert len(np.unique(points, axis=0)) == 16
        assert set(map(tuple, points)) <= set(map(tuple, labelled[1]))
    assert not np.array_equal(*drawn)


def test_evaluation_shows_the_first_points(labelled):
    points, label = CloudDataset(labelled, np.arange(6), 16)[4]
    np.testing.assert_array_equal(points.numpy(), labelled[4][:16])
    assert label == 1


@pytest.mark.parametrize("is_training", [True, False])
def test_small_clouds_repeat_as_few_points_as_possible(is_training):
    flat = np.concatenate([cloud(0, 5), cloud(1, 40)])
    ragged = LabelledClouds(flat, np.array([0, 1]), 2, ["small", "large"], offsets=np.array([0, 5, 45]))
    dataset = CloudDataset(ragged, np.arange(2), 12, training=is_training)
    small, large = dataset.__getitems__([0, 1])
    _, counts = np.unique(small[0].numpy(), axis=0, return_counts=True)
    assert sorted(counts) == [2, 2, 2, 3, 3]
    assert len(np.unique(large[0].numpy(), axis=0)) == 12


def test_a_bare_index_is_epoch_0_and_a_list_a_batch(labelled):
    dataset = training(labelled)
    torch.testing.assert_close(dataset[2][0], dataset[(0, 2)][0], rtol=0, atol=0)
    assert [label for _, label in dataset[[0, 1, 2]]] == [0, 1, 2]


def test_samples_do_not_alias_the_clouds(labelled):
    before = labelled.points.copy()
    for is_training in (True, False):
        CloudDataset(labelled, np.arange(6), 32, training=is_training)[0][0].zero_()
    np.testing.assert_array_equal(labelled.points, before)


def test_collate(labelled):
    points, labels = collate(training(labelled).__getitems__([(0, 1), (0, 2)]))
    assert (points.shape, points.dtype, labels.tolist(), labels.dtype) == (
        (2, 16, 3),
        torch.float32,
        [1, 2],
        torch.int64,
    )


class Halve(BaseTransform):
    def forward(self, data):
        data.pos = data.pos[: len(data.pos) // 2]
        return data


def test_a_transform_that_changes_the_number_of_points_is_told_of(labelled):
    dataset = CloudDataset(labelled, np.arange(6), 16, training=True, transforms=[Halve()])
    with pytest.raises(InputError, match=r"\(8, 3\) in place of \(16, 3\)"):
        dataset[(0, 0)]


@pytest.mark.parametrize(
    ("points", "labels", "ids", "message"),
    [
        (np.zeros((2, 8, 2), np.float32), [0, 1], ["a", "b"], "shape"),
        (np.zeros((2, 8), np.float32), [0, 1], ["a", "b"], "shape"),
        (np.zeros((2, 8, 3), np.float32), [0], ["a", "b"], "expected one each"),
        (np.zeros((2, 8, 3), np.float32), [0, 1], ["a"], "expected one each"),
        (np.zeros((0, 8, 3), np.float32), [], [], "no clouds"),
        (np.zeros((2, 8, 3), np.float32), [0, 9], ["a", "b"], "b: label 9 is outside the 3 classes"),
    ],
)
def test_ill_formed_clouds(points, labels, ids, message):
    with pytest.raises(InputError, match=message):
        LabelledClouds(points, np.array(labels, dtype=int), 3, ids)
