import numpy as np
import pytest

from nimba.datasets import ModelNet40DataModule, ModelNet40ScansDataModule
from nimba.runtime.errors import InputError
from tests.datasets.layouts import write_modelnet40_hdf5


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return str(write_modelnet40_hdf5(tmp_path_factory.mktemp("data"), points=256))


def test_the_splits_are_those_of_modelnet40(root):
    whole, scans = ModelNet40DataModule(root, num_points=64), ModelNet40ScansDataModule(root, num_points=64)
    for split in ("train", "test"):
        before, after = whole.load_split(split), scans.load_split(split)
        assert after.ids == before.ids
        assert after.labels.tolist() == before.labels.tolist()
        assert np.linalg.norm(after[0], axis=1).max() == pytest.approx(1, abs=1e-5)  # normalised as a scan, not before
    assert scans.load_split("val") is None


def test_views_differ_and_only_training_has_several(root):
    scans = ModelNet40ScansDataModule(root, num_points=64, views=3)
    train, test = scans.load_split("train"), scans.load_split("test")
    assert (len(train), len(test)) == (57, 7)
    assert train.ids[:4] == [f"{train.ids[0][:-2]}/{view}" for view in range(3)] + [train.ids[3]]
    assert train.labels[:3].tolist() == train.labels[:1].tolist() * 3
    assert not np.array_equal(train[0], train[1])


def test_the_seed_of_the_data_decides_the_scans_and_that_of_a_run_does_not(root):
    def first(**options):
        return ModelNet40ScansDataModule(root, num_points=64, **options).load_split("test")[0]

    assert np.array_equal(first(), first(seed=7))
    assert not np.array_equal(first(), first(data_seed=1))


def test_small_scans_repeat_points(root):
    batch, _ = next(iter(ModelNet40ScansDataModule(root, num_points=1024, batch_size=4).train_dataloader()))
    assert batch.shape == (4, 1024, 3)
    assert len(np.unique(batch[0], axis=0)) < 1024


@pytest.mark.parametrize(("options", "message"), [({"views": 0}, "views is 0"), ({"data_seed": -1}, "data_seed is -1")])
def test_arguments_outside_their_range(root, options, message):
    with pytest.raises(InputError, match=message):
        ModelNet40ScansDataModule(root, **options)
