"""ModelNet40 in every pose, labelled with the pose: what the network that finds a cloud's up axis learns from."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from nimba.clouds import normalise
from nimba.clouds.pose import QUARTER, UP_AXES, smallest_box_yaw, turned, upright
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.dataset import CloudDataset
from nimba.datasets.modelnet40 import ModelNet40DataModule
from nimba.datasets.module import Split
from nimba.datasets.randomness import derived_seed, kept_random_state, seed_sample

POSE_CLASSES = ("as trained", "one turn on", "two turns on", "three turns on", "not upright")
TILTED = 4  # the last of them
_MOST_TILT = np.pi / 36  # 5 degrees
_OTHERS = tuple(axis for axis in UP_AXES if axis != "y")


class PosedClouds(CloudDataset):
    """Samples in a random pose; the label says how many quarter turns it is from the trained one, or "not upright".

    Half of the samples are upright, of which half face any way; the others have one of the five other axes up. Each may
    be mirrored, tilted a little, and laid along its smallest box, as a user's cloud is.
    """

    def _augmented(self, epoch: int, index: int) -> tuple[Tensor, int]:
        points, _ = super()._augmented(epoch, index)  # it seeds the generators
        return posed(points)

    def _canonical(self, index: int) -> tuple[Tensor, int]:
        points, _ = super()._canonical(index)
        with kept_random_state():
            seed_sample(derived_seed("pose"), 0, int(self.indices[index]))
            return posed(points)


def posed(points: Tensor) -> tuple[Tensor, int]:
    """A cloud in the trained frame (N, 3) -> in a random pose, and the number of its ``POSE_CLASSES``."""
    draw = torch.rand(7).tolist()
    cloud = points.numpy().astype(np.float64)
    if draw[0] < 0.5:
        cloud = cloud * [-1.0, 1.0, 1.0]  # what faces -z still does
    if draw[1] < 0.5:
        cloud = _tilted(cloud, *((torch.rand(2).numpy() * 2 - 1) * _MOST_TILT))
    yaw = (draw[2] - 0.5) * 4 * QUARTER if draw[3] < 0.5 else 0.0
    cloud = turned(cloud, yaw)
    tilted = draw[4] < 0.5
    if tilted:
        cloud = upright(cloud, _OTHERS[int(draw[5] * len(_OTHERS))])
    if yaw or draw[6] < 0.5:
        box = smallest_box_yaw(cloud)
        cloud, yaw = turned(cloud, box), yaw + box
    turns = int(torch.randint(4, ()))
    cloud, yaw = turned(cloud, turns * QUARTER), yaw + turns * QUARTER
    label = TILTED if tilted else round(yaw / QUARTER) % 4
    return torch.from_numpy(normalise(cloud.astype(np.float32), "unit_sphere")), label


def _tilted(cloud: np.ndarray, about_x: float, about_z: float) -> np.ndarray:
    cosine, sine = np.cos(about_x), np.sin(about_x)
    cloud = cloud @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])  # (N, 3)
    cosine, sine = np.cos(about_z), np.sin(about_z)
    return cloud @ np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])  # (N, 3)


class PoseDataModule(ModelNet40DataModule):
    """ModelNet40's clouds, whose classes are poses; arguments as for ``ModelNet40DataModule``."""

    def __init__(self, root: str = "data/modelnet40_ply_hdf5_2048", **options: Any):
        super().__init__(root, **options)
        self.shape_names = self.class_names
        self.class_names = list(POSE_CLASSES)
        self.num_classes = len(self.class_names)

    def load_split(self, split: Split) -> LabelledClouds | None:
        """The clouds of a split with the labels of their shapes, which cut the validation split."""
        posed_names, self.class_names = self.class_names, self.shape_names
        try:
            return super().load_split(split)
        finally:
            self.class_names = posed_names

    def _dataset(self, clouds: LabelledClouds, indices: np.ndarray, **options: Any) -> CloudDataset:
        return self._samples(clouds, indices, **options)  # never on a device, where nothing poses them

    def _samples(self, clouds: LabelledClouds, indices: np.ndarray, **options: Any) -> CloudDataset:
        return PosedClouds(clouds, indices, self.num_points, **options)
