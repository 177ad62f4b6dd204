import sys
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import nn

from nimba.datasets import CloudDataModule, LabelledClouds
from nimba.datasets.transforms import RandomScale, RandomShift
from nimba.runtime.errors import InputError
from tests.datasets.layouts import clouds


class Toy(CloudDataModule):
    """19 training clouds and 7 test clouds of 3 classes, in memory."""

    def __init__(self, train: int = 19, test: int = 7, own_val: int = 0, **options):
        self.counts = {"train": train, "val": own_val, "test": test}
        options = {"num_points": 16, "batch_size": 4, "transforms": [RandomScale(), RandomShift()], **options}
        super().__init__(["a", "b", "c"], **options)

    def load_split(self, split):
        count = self.counts[split]
        if not count:
            return None
        first = {"train": 0, "val": 300, "test": 600}[split]
        return LabelledClouds(clouds(count, 24, first), np.arange(count) % 3, 3, [f"{split}{i}" for i in range(count)])


def epoch_of(module: CloudDataModule, epoch: int) -> list[torch.Tensor]:
    loader = module.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return [torch.cat([points.flatten(1), labels[:, None]], 1) for points, labels in loader]


def same(left: list[torch.Tensor], right: list[torch.Tensor]) -> bool:
    return len(left) == len(right) and all(map(torch.equal, left, right))


def test_batches_and_names():
    module = Toy()
    assert (module.class_names, module.num_classes) == (["a", "b", "c"], 3)
    assert (module.num_points, module.normalisation) == (16, "unit_sphere")
    points, labels = next(iter(module.train_dataloader()))
    assert (points.shape, points.dtype, labels.shape, labels.dtype) == ((4, 16, 3), torch.float32, (4,), torch.int64)


@pytest.mark.parametrize(
    ("options", "expected"), [({"batch_size": 1}, "batch_size is 1"), ({"train": 1}, "the train split has one cloud")]
)
def test_training_on_one_cloud_at_a_time_is_refused(options, expected):
    with pytest.raises(InputError, match=f"{expected}: training takes batches of two clouds or more"):
        Toy(**options).train_dataloader()
    assert len(Toy(batch_size=1).test_dataloader()) == 7  # nothing else minds


@pytest.mark.parametrize("cached", [False, True])
def test_a_last_batch_of_one_cloud_is_left_out(cached):
    sizes = [len(points) for points, _ in Toy(train=9, cache_on_device=cached).train_dataloader()]
    assert sizes == [4, 4]


def test_an_epoch_is_a_function_of_seed_and_epoch():
    reference = epoch_of(Toy(), 5)
    assert sum(map(len, reference)) == 19
    assert same(epoch_of(Toy(), 5), reference)
    assert not same(epoch_of(Toy(), 6), reference)
    assert not same(epoch_of(Toy(seed=1), 5), reference)


def test_workers_change_nothing_and_outlive_epochs():
    module = Toy(num_workers=2)
    loader = module.train_dataloader()
    for epoch in (0, 1):
        loader.sampler.set_epoch(epoch)
        found = [torch.cat([points.flatten(1), labels[:, None]], 1) for points, labels in loader]
        assert same(found, epoch_of(Toy(), epoch))


@pytest.mark.parametrize(("count", "batches"), [(17, 4), (18, 5), (16, 4)])
def test_a_last_batch_of_one_is_dropped(count, batches):
    assert len(epoch_of(Toy(train=count), 0)) == batches


def test_evaluation_is_deterministic_and_plain():
    module = Toy()
    points = torch.cat([points for points, _ in module.test_dataloader()])
    np.testing.assert_array_equal(points.numpy(), clouds(7, 24, 600)[:, :16])


def test_a_validation_split_is_cut_from_train_and_augmented_nowhere():
    module = Toy(train=30, val_fraction=0.2, transforms=None, num_points=24)
    trained = {tuple(cloud.flatten().tolist()) for points, _ in module.train_dataloader() for cloud in points}
    seen = [tuple(cloud.flatten().tolist()) for points, _ in module.val_dataloader() for cloud in points]
    assert len(trained) == 24
    assert len(set(seen)) == 6
    assert not trained & set(seen)
    labels = torch.cat([labels for _, labels in module.val_dataloader()])
    assert torch.bincount(labels).tolist() == [2, 2, 2]


def test_the_validation_split_is_the_same_for_runs_of_all_seeds():
    def seen(**seeds):
        return torch.cat([points for points, _ in Toy(train=30, val_fraction=0.2, **seeds).val_dataloader()])

    assert torch.equal(seen(seed=0), seen(seed=1))
    assert not torch.equal(seen(split_seed=0), seen(split_seed=1))


def test_no_validation_split_by_default():
    assert Toy().val_dataloader() == []


def test_the_data_may_bring_its_own_validation_split():
    module = Toy(own_val=5)
    assert sum(len(labels) for _, labels in module.val_dataloader()) == 5
    assert sum(len(labels) for _, labels in module.train_dataloader()) == 19


def test_two_validation_splits_contradict_each_other():
    with pytest.raises(InputError, match="set val_fraction to 0"):
        Toy(own_val=5, val_fraction=0.1).setup()


def test_a_data_set_without_test_says_so():
    with pytest.raises(InputError, match="Toy has no test split"):
        Toy(test=0).test_dataloader()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_points": 0}, "num_points is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"num_workers": -1}, "num_workers is -1"),
        ({"val_fraction": 1.0}, "val_fraction is 1.0"),
        ({"val_fraction": -0.1}, "val_fraction is -0.1"),
        ({"normalisation": "sphere"}, "normalisation is 'sphere'"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(InputError, match=message):
        Toy(**options)


def test_a_data_set_must_say_how_its_splits_are_loaded():
    with pytest.raises(NotImplementedError, match="must override load_split"):
        CloudDataModule(["a"]).setup()


class Recorder(pl.LightningModule):
    """Keeps what it is shown, by epoch and process."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.linear = nn.Linear(3, 3)
        self.norm = nn.BatchNorm1d(3)  # has buffers, which DDP synchronises in every forward pass
        self.shown: dict[str, list] = {}

    def note(self, stage, batch):
        key = f"{stage}-{self.current_epoch}-{self.global_rank}"
        self.shown.setdefault(key, []).append((batch[0].clone(), batch[1].clone()))

    def forward(self, points):
        return self.norm(self.linear(points.mean(1)))

    def training_step(self, batch, _):
        self.note("train", batch)
        return self(batch[0]).square().mean()

    def validation_step(self, batch, _):
        self.note("val", batch)
        self(batch[0])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def on_fit_end(self):
        torch.save(self.shown, self.folder / f"{self.global_rank}.pt")


def trainer(folder, **options) -> pl.Trainer:
    silent = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    return pl.Trainer(default_root_dir=folder, **{"enable_checkpointing": False, **silent, **options})


def flat(shown: list) -> list[torch.Tensor]:
    return [torch.cat([points.flatten(1), labels[:, None]], 1) for points, labels in shown]


def test_lightning_tells_the_epoch_and_a_resume_goes_on_with_the_next(tmp_path):
    whole = Recorder(tmp_path)
    trainer(tmp_path, max_epochs=3).fit(whole, Toy(val_fraction=0.2))
    first = trainer(tmp_path, max_epochs=2)
    first.fit(Recorder(tmp_path), Toy(val_fraction=0.2))
    first.save_checkpoint(tmp_path / "two.ckpt")
    resumed = Recorder(tmp_path)
    trainer(tmp_path, max_epochs=3).fit(resumed, Toy(val_fraction=0.2), ckpt_path=tmp_path / "two.ckpt")
    for epoch in range(3):
        assert same(flat(whole.shown[f"train-{epoch}-0"]), epoch_of(Toy(val_fraction=0.2), epoch))
    assert same(flat(resumed.shown["train-2-0"]), flat(whole.shown["train-2-0"]))
    assert "train-1-0" not in resumed.shown


def test_lightning_trains_without_a_validation_split(tmp_path):
    recorder = Recorder(tmp_path)
    trainer(tmp_path, max_epochs=1).fit(recorder, Toy())
    assert list(recorder.shown) == ["train-0-0"]


def test_lightning_may_overfit_a_few_batches(tmp_path):
    recorder = Recorder(tmp_path)
    trainer(tmp_path, max_epochs=1, overfit_batches=2).fit(recorder, Toy())
    assert [len(labels) for _, labels in recorder.shown["train-0-0"]] == [4, 4]


# By itself only (pytest -m slow): it forks this process, and a fork hangs on the thread pools that other tests started.
# tests/training/test_distributed.py shows the same in processes of its own.
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_processes_share_every_epoch_and_evaluate_every_cloud_once(tmp_path):
    # 9 validation clouds in batches of 4: the processes get 5 and 4, which ordinary sharding makes 2 batches and 1.
    options = {"accelerator": "cpu", "devices": 2, "strategy": "ddp_fork", "max_epochs": 2, "num_sanity_val_steps": 0}
    trainer(tmp_path, **options).fit(Recorder(tmp_path), Toy(own_val=9, num_workers=0))
    shown = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    alone = {row_key(row): row for rows in epoch_of(Toy(), 1) for row in rows}
    trained = [row for rank in (0, 1) for rows in flat(shown[rank][f"train-1-{rank}"]) for row in rows]
    assert {row_key(row) for row in trained} == set(alone)  # every sample, augmented as in one process
    assert len(trained) == 20  # 19 and one of them once more, so that both take the same number of steps
    seen = [row_key(row) for rank in (0, 1) for rows in flat(shown[rank][f"val-1-{rank}"]) for row in rows]
    assert len(seen) == len(set(seen)) == 9
    batches = [[len(labels) for _, labels in shown[rank][f"val-1-{rank}"]] for rank in (0, 1)]
    assert batches == [[5], [4]]


def row_key(row: torch.Tensor) -> tuple[float, ...]:
    return tuple(row.tolist())
