"""What every data set of clouds has in common as a LightningDataModule."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
import numpy as np
import torch
from torch.utils.data import DataLoader
from torch_geometric.transforms import BaseTransform

from nimba.clouds.normalise import MODES
from nimba.clouds.pose import Frame
from nimba.datasets.cache_on_device import DeviceDataset, fits
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.dataset import CloudDataset, collate
from nimba.datasets.nearby import KeptNearby, NearbyDataset, NearbySettings
from nimba.datasets.samplers import EpochSampler, EvaluationShards, is_distributed
from nimba.datasets.splitting import stratified_split
from nimba.runtime.errors import InputError

Split = Literal["train", "val", "test"]
Normalisation = Literal["unit_sphere", "cube", "none"]


class CloudDataModule(pl.LightningDataModule):
    """Batches (points (B, num_points, 3) float32, labels (B,) int64) for training, validation and test.

    A data set derives from this, hands over its class names and overrides ``load_split``. The randomness of a training
    sample and the order of an epoch depend on (seed, epoch, index) alone: they are the same for any number of workers,
    after a resume, and in whatever process of a distributed run. Lightning tells the loader's sampler the epoch; a loop
    without Lightning calls ``loader.sampler.set_epoch(epoch)``. Validation and test are deterministic, unaugmented,
    and show every cloud exactly once, also when several processes share them.

    Args:
        class_names: names of the classes, in label order.
        num_points: points a sample.
        batch_size: samples a batch (a process, in distributed training).
        num_workers: worker processes of each loader.
        seed: seed of order, choice of points and augmentation.
        val_fraction: share of every class cut from train for validation; 0 for no validation split, unless the data
            set brings its own.
        split_seed: seed of that cut; apart from ``seed``, so that runs of several seeds see the same split.
        transforms: augmentations of training samples, in order.
        normalisation: frame of the clouds, as in ``nimba.clouds.normalise``.
        cache_on_device: keep all clouds on the training's device, and make the batches there: for a GPU that
            workers cannot feed. The randomness of training is then that of ``DeviceDataset``. Data that would take
            more than half of a GPU's free memory stay where they are.
        nearby: keep the neighbours of training clouds from epoch to epoch, for a network with dense stages; training
            batches then have a third part, see ``nimba.datasets.nearby``.

    Raises:
        InputError: an argument outside its range.
    """

    frame = Frame()  # of the clouds; a data set whose clouds are mirror images, or face anywhere, says so

    def __init__(
        self,
        class_names: Sequence[str],
        *,
        num_points: int = 1024,
        batch_size: int = 32,
        num_workers: int = 0,
        seed: int = 0,
        val_fraction: float = 0.0,
        split_seed: int = 0,
        transforms: list[BaseTransform] | None = None,
        normalisation: Normalisation = "unit_sphere",
        cache_on_device: bool = False,
        nearby: NearbySettings | None = None,
    ):
        super().__init__()
        for name, value, least in (
            ("num_points", num_points, 1),
            ("batch_size", batch_size, 1),
            ("num_workers", num_workers, 0),
        ):
            if value < least:
                raise InputError(f"{name} is {value}: give {least} or more")
        if normalisation not in MODES:
            raise InputError(f"normalisation is {normalisation!r}: give one of {', '.join(MODES)}")
        if not 0.0 <= val_fraction < 1.0:
            raise InputError(f"val_fraction is {val_fraction}: give a share in [0, 1)")
        self.class_names = list(class_names)
        self.num_classes = len(self.class_names)
        self.num_points = num_points
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed
        self.val_fraction = val_fraction
        self.split_seed = split_seed
        self.transforms = list(transforms or [])
        self.normalisation = normalisation
        self.cache_on_device = cache_on_device
        self.nearby = nearby
        if nearby is not None and cache_on_device:
            raise InputError("nearby is for training on a CPU: leave out either it or cache_on_device")
        self._train: CloudDataset | DeviceDataset | None = None
        self._val: CloudDataset | DeviceDataset | None = None
        self._test: CloudDataset | DeviceDataset | None = None

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of a split, built on disk first where they are not there yet; None where there is no such split.

        To be overridden. Safe to call from several processes at once.
        """
        raise NotImplementedError(f"{type(self).__name__} must override load_split")

    def prepare_data(self) -> None:
        """Build what is to be built on disk; Lightning calls this in one process."""
        for split in ("train", "val", "test"):
            self.load_split(split)  # type: ignore[arg-type]

    def setup(self, stage: str | None = None) -> None:
        """Open the splits of a stage ("fit", "validate", "test"; None for all)."""
        if stage in (None, "fit", "validate"):
            self._setup_train_and_val()
        if stage in (None, "test"):
            test = self._clouds("test")
            self._test = self._dataset(test, np.arange(len(test)))

    def _setup_train_and_val(self) -> None:
        train, val = self._training_and_validation()
        self._train = self._training_dataset(*train)
        self._val = self._dataset(*val) if len(val[1]) else None

    def plain_splits(self) -> tuple[CloudDataset, CloudDataset | None]:
        """Training and validation clouds as evaluation shows them: unaugmented, in order, on the CPU."""
        train, val = self._training_and_validation()
        return self._samples(*train), self._samples(*val) if len(val[1]) else None

    def _training_and_validation(self) -> tuple[tuple[LabelledClouds, np.ndarray], tuple[LabelledClouds, np.ndarray]]:
        """The clouds that training and validation take theirs from, each with which they are."""
        train, val = self._clouds("train"), self.load_split("val")
        if val is not None and self.val_fraction > 0:
            raise InputError(
                f"val_fraction is {self.val_fraction}, but the data has a val split: set val_fraction to 0"
            )
        kept, cut = self.cut_validation(train)
        return (train, kept), (train, cut) if val is None else (val, np.arange(len(val)))

    def cut_validation(self, train: LabelledClouds) -> tuple[np.ndarray, np.ndarray]:
        """Which clouds of train are kept and which are for validation, by ``val_fraction``: indices, ascending."""
        return stratified_split(train.labels, train.ids, self.val_fraction, self.split_seed)

    def _training_dataset(self, clouds: LabelledClouds, indices: np.ndarray) -> CloudDataset | DeviceDataset:
        options = {"transforms": self.transforms, "seed": self.seed}
        if self.nearby is None:
            return self._dataset(clouds, indices, training=True, **options)
        folder = Path(getattr(self, "cache_dir", ".nimba"))
        kept = KeptNearby.open(clouds, self.num_points, self.nearby, folder)
        return NearbyDataset(clouds, indices, kept, **options)  # type: ignore[arg-type]

    def _dataset(self, clouds: LabelledClouds, indices: np.ndarray, **options: Any) -> CloudDataset | DeviceDataset:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        if self.cache_on_device and fits(clouds, indices, device):
            return DeviceDataset(clouds, indices, self.num_points, device, **options)
        return self._samples(clouds, indices, **options)

    def _samples(self, clouds: LabelledClouds, indices: np.ndarray, **options: Any) -> CloudDataset:
        return CloudDataset(clouds, indices, self.num_points, **options)

    def _clouds(self, split: Split) -> LabelledClouds:
        clouds = self.load_split(split)
        if clouds is None:
            raise InputError(f"{type(self).__name__} has no {split} split")
        return clouds

    def train_dataloader(self) -> DataLoader:
        """Shuffled, augmented batches; a last batch of a single sample is dropped (BatchNorm cannot take it)."""
        if self._train is None:
            self.setup("fit")
        assert self._train is not None
        sampler = EpochSampler(self._train, self.seed)
        if min(self.batch_size, len(self._train)) == 1 and not is_distributed():
            what = "batch_size is 1" if self.batch_size == 1 else "the train split has one cloud"
            raise InputError(f"{what}: training takes batches of two clouds or more (BatchNorm needs two)")
        drop_last = len(sampler) % self.batch_size == 1 and len(sampler) > 1
        return self._loader(self._train, batch_size=self.batch_size, sampler=sampler, drop_last=drop_last)

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """Canonical batches of the validation split; an empty list where there is none."""
        if self._train is None:
            self.setup("validate")
        return [] if self._val is None else self._evaluation_loader(self._val)

    def test_dataloader(self) -> DataLoader:
        """Canonical batches of the test split."""
        if self._test is None:
            self.setup("test")
        assert self._test is not None
        return self._evaluation_loader(self._test)

    def _evaluation_loader(self, dataset: CloudDataset | DeviceDataset) -> DataLoader:
        if is_distributed():
            shards = EvaluationShards(dataset, self.batch_size)
            return self._loader(dataset, batch_size=None, sampler=shards)
        return self._loader(dataset, batch_size=self.batch_size)

    def _loader(self, dataset: CloudDataset | DeviceDataset, **options: object) -> DataLoader:
        if isinstance(dataset, DeviceDataset):  # it makes whole batches
            return DataLoader(dataset, collate_fn=lambda batch: batch, **options)  # type: ignore[arg-type]
        return DataLoader(
            dataset,
            collate_fn=dataset.collate if isinstance(dataset, NearbyDataset) else collate,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            **options,  # type: ignore[arg-type]
        )
