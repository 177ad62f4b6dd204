"""Batches made on the device: here on a CPU, which is a device like another."""

import numpy as np
import pytest
import torch
from torch_geometric.transforms import RandomFlip, RandomRotate

from nimba.datasets import LabelledClouds
from nimba.datasets.cache_on_device import DeviceDataset, on_batches
from nimba.datasets.transforms import ClippedJitter, Normalise, PointDropout, RandomScale, RandomShift
from nimba.runtime.errors import InputError
from tests.datasets.layouts import clouds
from tests.datasets.test_module import Toy, epoch_of, same

CPU = torch.device("cpu")
ALL = [RandomScale(), RandomShift(), RandomRotate(180, axis=1), ClippedJitter(), PointDropout(), Normalise()]


def test_an_epoch_shows_each_cloud_once():
    labels = torch.cat([batch[:, -1] for batch in epoch_of(Toy(cache_on_device=True, train=20), 0)])
    assert sorted(labels.tolist()) == sorted((np.arange(20) % 3).tolist())


def test_batches_depend_on_seed_and_epoch_alone():
    options = {"cache_on_device": True, "transforms": ALL}
    assert same(epoch_of(Toy(**options), 3), epoch_of(Toy(**options), 3))
    assert not same(epoch_of(Toy(**options), 3), epoch_of(Toy(**options), 4))
    assert not same(epoch_of(Toy(**options), 3), epoch_of(Toy(**options, seed=1), 3))


def test_drawing_leaves_the_global_generators_alone():
    dataset = Toy(cache_on_device=True, transforms=ALL).train_dataloader().dataset
    before = torch.get_rng_state()
    dataset.__getitems__([(0, 1), (0, 2)])
    assert torch.equal(before, torch.get_rng_state())


def test_points_are_drawn_without_repetition():
    module = Toy(cache_on_device=True, transforms=[])
    stored = {tuple(point) for cloud in module.load_split("train").points for point in cloud.tolist()}
    for batch in epoch_of(module, 0):
        for cloud in batch[:, :-1].reshape(len(batch), 16, 3):
            drawn = {tuple(point) for point in cloud.tolist()}
            assert len(drawn) == 16
            assert drawn <= stored


@pytest.mark.parametrize("loader", ["val_dataloader", "test_dataloader"])
def test_evaluation_is_as_without(loader):
    batches = [list(getattr(Toy(cache_on_device=cached, val_fraction=0.3), loader)()) for cached in (True, False)]
    for (points, labels), (theirs, their_labels) in zip(*batches, strict=True):
        assert torch.equal(points, theirs)
        assert torch.equal(labels, their_labels)


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: type(transform).__name__)
def test_each_cloud_of_a_batch_is_changed_by_itself(transform):
    points = torch.randn(4, 200, 3, generator=torch.Generator().manual_seed(0)).abs()
    points[1:] = points[0]  # alike: what comes out differs by its randomness alone
    changed = on_batches(transform)(points, torch.Generator().manual_seed(1))
    assert changed.shape == points.shape
    assert torch.equal(changed[1], changed[2]) == isinstance(transform, Normalise)
    assert not torch.equal(changed[0], points[0])


def test_a_turn_keeps_the_axis_and_the_distances():
    points = torch.randn(3, 50, 3)
    turned = on_batches(RandomRotate(180, axis=1))(points, torch.Generator().manual_seed(0))
    assert torch.equal(turned[..., 1], points[..., 1])
    torch.testing.assert_close(turned.norm(dim=-1), points.norm(dim=-1))
    pair = torch.linalg.det(torch.stack([points[:, 0], points[:, 1], points[:, 2]], 1))
    torch.testing.assert_close(torch.linalg.det(turned[:, :3]), pair)  # no reflection


def test_a_turn_is_torch_geometrics():
    from torch_geometric.data import Data

    points = torch.randn(1, 50, 3)
    for axis in range(3):
        transform = RandomRotate((30, 30), axis=axis)
        ours = on_batches(transform)(points, torch.Generator().manual_seed(0))
        torch.testing.assert_close(ours[0], transform(Data(pos=points[0])).pos)


def test_what_cannot_lie_on_a_device_is_refused():
    ragged = LabelledClouds(np.zeros((9, 3), np.float32), np.zeros(2), 1, ["a", "b"], np.array([0, 4, 9]))
    with pytest.raises(InputError, match="clouds of one size, of 4 points or more"):
        DeviceDataset(ragged, np.arange(2), 4, CPU)
    with pytest.raises(InputError, match="of 30 points or more"):
        Toy(cache_on_device=True, num_points=30).train_dataloader()
    with pytest.raises(InputError, match="RandomFlip cannot work on a device's batches"):
        Toy(cache_on_device=True, transforms=[RandomFlip(0)]).train_dataloader()
    assert (
        len(DeviceDataset(LabelledClouds(clouds(3, 5, 0), np.zeros(3), 1, ["a", "b", "c"]), np.arange(2), 4, CPU)) == 2
    )
