"""A data set that lies on the device, and makes whole batches there: for a GPU that workers cannot feed."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from lightning.pytorch.utilities.rank_zero import rank_zero_warn
from torch import Generator, Tensor
from torch.utils.data import Dataset
from torch_geometric.transforms import RandomRotate

from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.randomness import derived_seed
from nimba.datasets.transforms.base import CloudTransform
from nimba.runtime.errors import InputError

OnBatch = Callable[[Tensor, Generator], Tensor]


class DeviceDataset(Dataset[tuple[Tensor, Tensor]]):
    """What ``CloudDataset`` is, with all clouds on a device, and augmented there a batch at a time.

    The randomness of a batch depends on (seed, epoch, the batch's clouds), so a resumed run sees what an uninterrupted
    one sees. It differs from that of ``CloudDataset``, whose samples have each their own.

    Args:
        clouds: of one size.
        indices: which of them, in this order.
        num_points: points a sample, at most a cloud's.
        device: where they lie.
        training: draw points and run the transforms.
        transforms: those of ``nimba.datasets.transforms`` and torch-geometric's ``RandomRotate``.
        seed: seed of the batches' randomness.

    Raises:
        InputError: for clouds of many sizes or of too few points, and for a transform that knows no batches.
    """

    def __init__(
        self,
        clouds: LabelledClouds,
        indices: np.ndarray,
        num_points: int,
        device: torch.device,
        *,
        training: bool = False,
        transforms: Sequence[Any] = (),
        seed: int = 0,
    ):
        if clouds.offsets is not None or clouds.fewest_points < num_points:
            raise InputError(
                f"cache_on_device: needs clouds of one size, of {num_points} points or more; set it to false"
            )
        self.num_points = num_points
        self.device = device
        self.training = training
        self.transforms = [on_batches(transform) for transform in transforms]
        self.seed = seed
        chosen = np.asarray(indices)
        self._points = torch.from_numpy(np.ascontiguousarray(clouds.points[chosen])).to(device)  # (M, P, 3)
        self._labels = torch.from_numpy(clouds.labels[chosen]).to(device)  # (M,)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, keys: list[int]) -> tuple[Tensor, Tensor]:
        """A batch, by a list of indices."""
        return self.__getitems__(keys)

    def __getitems__(self, keys: list[int] | list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """A batch: points (B, num_points, 3) and labels (B,), both on the device."""
        pairs = [(0, key) if isinstance(key, int) else key for key in keys]
        epoch, indices = pairs[0][0], [index for _, index in pairs]
        where = torch.tensor(indices).to(self.device, non_blocking=True)
        points, labels = self._points[where], self._labels[where]  # (B, P, 3), (B,)
        if not self.training:
            return points[:, : self.num_points], labels
        generator = Generator(self.device).manual_seed(derived_seed("batch", self.seed, epoch, *indices))
        points = self._draw(points, generator)
        for transform in self.transforms:
            points = transform(points, generator)
        return points, labels

    def _draw(self, points: Tensor, generator: Generator) -> Tensor:
        """``num_points`` points of each cloud without repetition: (B, P, 3) -> (B, num_points, 3)."""
        if points.shape[1] == self.num_points:
            return points
        ranks = torch.rand(points.shape[:2], generator=generator, device=self.device)  # (B, P)
        choice = ranks.topk(self.num_points, dim=1).indices  # (B, num_points)
        return points.gather(1, choice[..., None].expand(-1, -1, 3))  # (B, num_points, 3)


def fits(clouds: LabelledClouds, indices: np.ndarray, device: torch.device) -> bool:
    """Whether these clouds take no more than half of a GPU's free memory; says so where they do."""
    if device.type != "cuda":
        return True
    needed, free = clouds.points[0].nbytes * len(indices), torch.cuda.mem_get_info(device)[0]
    if needed > free / 2:
        rank_zero_warn(
            f"cache_on_device: {needed / 1e9:.1f} GB are too much for the GPU: the clouds stay where they are"
        )
    return needed <= free / 2


def on_batches(transform: Any) -> OnBatch:
    """A transform as a function of a batch of clouds (B, N, 3) and a generator.

    Raises:
        InputError: if there is none for it.
    """
    if isinstance(transform, CloudTransform):
        return transform.on_batch
    if isinstance(transform, RandomRotate):
        return lambda points, generator: _turn(points, generator, transform)
    raise InputError(f"cache_on_device: {type(transform).__name__} cannot work on a device's batches; set it to false")


def _turn(points: Tensor, generator: Generator, transform: RandomRotate) -> Tensor:
    """A turn of each cloud about one axis, by an angle from U[low, high] degrees."""
    low, high = (math.radians(angle) for angle in transform.degrees)
    angle = points.new_empty(len(points), 1).uniform_(low, high, generator=generator)  # (B, 1)
    cosine, sine = angle.cos(), angle.sin()
    turned = points.clone()
    one, other = (transform.axis + 1) % 3, (transform.axis + 2) % 3
    turned[..., one] = cosine * points[..., one] + sine * points[..., other]
    turned[..., other] = cosine * points[..., other] - sine * points[..., one]
    return turned
