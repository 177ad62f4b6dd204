"""The torch data set over labelled clouds: choice of points, then transforms, both from (seed, epoch, index)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torch_geometric.data import Data

from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.randomness import kept_random_state, seed_sample
from nimba.runtime.errors import InputError

Sample = tuple[Tensor, int]
Key = int | tuple[int, int]


class CloudDataset(Dataset[Sample]):
    """Samples of ``num_points`` points, for training or for evaluation.

    For training, a sample is asked for by (epoch, index): ``num_points`` are drawn from the cloud and the transforms
    run, with the randomness of (seed, epoch, cloud) alone; a bare index means epoch 0. For evaluation a sample is the
    first ``num_points`` points of the canonical cloud. A cloud with fewer points repeats some of them.

    Args:
        clouds: the labelled clouds.
        indices: which of them, in this order.
        num_points: points a sample.
        training: draw points and run the transforms.
        transforms: callables on ``Data(pos (num_points, 3), y (1,))``.
        seed: seed of the samples' randomness.
    """

    def __init__(
        self,
        clouds: LabelledClouds,
        indices: np.ndarray,
        num_points: int,
        *,
        training: bool = False,
        transforms: Sequence[Callable[[Data], Data]] = (),
        seed: int = 0,
    ):
        self.clouds = clouds
        self.indices = np.asarray(indices)
        self.num_points = num_points
        self.training = training
        self.transforms = list(transforms)
        self.seed = seed

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: Key | list[Key]) -> Sample | list[Sample]:  # type: ignore[override]
        return self.__getitems__(key) if isinstance(key, list) else self.__getitems__([key])[0]

    def __getitems__(self, keys: list[Key]) -> list[Sample]:
        """A batch of samples; the DataLoader asks for them so, and the random state is kept once for all of them."""
        if not self.training:
            return [self._canonical(key if isinstance(key, int) else key[1]) for key in keys]
        with kept_random_state():
            return [self._augmented(*((0, key) if isinstance(key, int) else key)) for key in keys]

    def _canonical(self, index: int) -> Sample:
        cloud = int(self.indices[index])
        points = self.clouds[cloud]
        if len(points) >= self.num_points:
            points = points[: self.num_points]
        else:
            points = points[np.arange(self.num_points) % len(points)]
        return torch.from_numpy(points.copy()), int(self.clouds.labels[cloud])  # (num_points, 3)

    def _augmented(self, epoch: int, index: int) -> Sample:
        cloud = int(self.indices[index])
        seed_sample(self.seed, epoch, cloud)
        points = self._draw(self.clouds[cloud])  # (num_points, 3)
        label = int(self.clouds.labels[cloud])
        data = Data(pos=points, y=torch.tensor([label]))
        for transform in self.transforms:
            data = transform(data)
        pos = data.pos
        if pos is None or pos.shape != (self.num_points, 3):
            shape = None if pos is None else tuple(pos.shape)
            raise InputError(f"the transforms left {shape} in place of ({self.num_points}, 3) points: keep the number")
        return pos.float(), label

    def _draw(self, points: np.ndarray) -> Tensor:
        """``num_points`` points without repetition, or, of a smaller cloud, as few repetitions as possible."""
        if len(points) == self.num_points:
            return torch.from_numpy(points.copy())  # all of them: the order is not the model's business
        rounds = -(-self.num_points // len(points))
        choice = torch.cat([torch.randperm(len(points)) for _ in range(rounds)])[: self.num_points]
        return torch.from_numpy(points[choice.numpy()])  # (num_points, 3)


def collate(samples: list[Sample]) -> tuple[Tensor, Tensor]:
    """Samples -> points (B, num_points, 3) float32, labels (B,) int64."""
    points, labels = zip(*samples, strict=True)
    return torch.stack(points), torch.tensor(labels)
