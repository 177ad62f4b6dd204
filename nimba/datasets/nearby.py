"""Neighbours that are looked up once a cloud and kept on disk, for an encoder in dense stages.

Each cloud has some variants: a random choice of its points, with the stages and neighbours of that choice. An epoch
draws one of them.

The neighbours are those of the cloud as it is. Scaling each axis by itself changes some of them: of sixteen, .7 are
others where the axes' factors differ by 1.2, 2.9 by 2.25, the most that ``RandomScale`` draws, and 1.6 on the mean.
They stay as they are: training sees the neighbourhoods that evaluation sees, stretched.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from tqdm import tqdm

from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.dataset import CloudDataset
from nimba.datasets.randomness import derived_seed
from nimba.geometry import farthest_point_sampling
from nimba.geometry.pyramid import Nearby, find_nearby
from nimba.runtime.errors import InputError

TOGETHER = 32  # clouds that draw the same number of points
MOST_POINTS = 1 << 15  # of a cloud: an index takes two bytes


@dataclass(frozen=True)
class NearbySettings:
    """Which stages and neighbours are kept; they must be those of the network.

    Raises:
        InputError: a setting out of its range.
    """

    stages: tuple[int, int, int] = (512, 256, 64)  # points of each stage, the last of which are the tokens
    neighbours: int = 16
    variants: int = 4  # a cloud has
    fewest_points: int = 768  # that a variant chooses; at most the data's num_points
    folder: str | None = None  # where they are kept; the data's cache folder if none is given

    def __post_init__(self) -> None:
        if not all(a >= b >= 1 for a, b in zip(self.stages, self.stages[1:], strict=False)):
            raise InputError(f"nearby.stages: must fall, and be at least 1, got {list(self.stages)}")
        for name in ("neighbours", "variants"):
            if getattr(self, name) < 1:
                raise InputError(f"nearby.{name}: must be at least 1, got {getattr(self, name)}")
        if self.fewest_points < self.stages[0]:
            raise InputError(
                f"nearby.fewest_points: must be at least the first stage's {self.stages[0]}, got {self.fewest_points}"
            )

    def check(self, stages: Sequence[int], neighbours: int) -> None:
        """Refuse to serve a network of other stages.

        Raises:
            InputError: naming both.
        """
        if (tuple(stages), neighbours) != (tuple(self.stages), self.neighbours):
            raise InputError(
                f"data.nearby: kept are stages of {list(self.stages)} points and {self.neighbours} neighbours, the "
                f"model has {list(stages)} and {neighbours}: make them the same"
            )


class KeptNearby:
    """The variants of all clouds of a split, memory-mapped.

    Args:
        rows: (variants, M, width) int16, a ``Nearby`` after the other.
        settings: see ``NearbySettings``.
    """

    def __init__(self, rows: np.ndarray, settings: NearbySettings):
        self.rows = rows
        self.settings = settings

    @classmethod
    def open(cls, clouds: LabelledClouds, num_points: int, settings: NearbySettings, folder: Path) -> "KeptNearby":
        """Those of some clouds; built first where no file fits them.

        Raises:
            InputError: for clouds of many sizes, of too few or too many points, or a folder that cannot be written.
        """
        if clouds.offsets is not None or not settings.fewest_points <= num_points <= clouds.fewest_points < MOST_POINTS:
            raise InputError(
                f"nearby: needs clouds of one size below {MOST_POINTS} points, and num_points ({num_points}) between "
                f"fewest_points ({settings.fewest_points}) and that size; leave it out"
            )
        path = Path(settings.folder or folder) / f"nearby-{_fingerprint(clouds, num_points, settings)}.npy"
        if not path.is_file():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _build_apart(clouds, num_points, settings, path)
            except OSError as error:
                where = f"{path.parent}: cannot keep neighbours ({error.strerror})"
                raise InputError(f"{where}: set nearby.folder") from error
        return cls(np.load(path, mmap_mode="r"), settings)

    def draw(self, cloud: int) -> Tensor:
        """A variant of a cloud, drawn by torch's generator: (width,) int16."""
        variant = int(torch.randint(len(self.rows), ()))
        return torch.from_numpy(self.rows[variant, cloud].copy())

    def unpack(self, rows: Tensor) -> Nearby:
        """Drawn rows (B, width) as indices."""
        M, K = self.settings.stages[0], self.settings.neighbours
        sizes = [M, M * K, *(stage * K for stage in self.settings.stages)]
        chosen, *tables = (part.long() for part in rows.split(sizes, 1))
        nearest, *stages = (table.unflatten(1, (-1, K)) for table in tables)
        return Nearby(chosen, nearest, tuple(stages))


class NearbyDataset(CloudDataset):
    """Training samples of whole clouds, each with a variant of its neighbours; see ``CloudDataset``.

    Args:
        clouds: of one size; a sample has all its points, and the variant says which of them count.
        indices: which of them, in this order.
        kept: their variants.
        transforms: of the points; none of those that exchange points.
        seed: seed of the samples' randomness.

    Raises:
        InputError: for a transform that puts points in the place of others.
    """

    def __init__(
        self,
        clouds: LabelledClouds,
        indices: np.ndarray,
        kept: KeptNearby,
        *,
        transforms: Sequence[Callable[[Data], Data]] = (),
        seed: int = 0,
    ):
        super().__init__(clouds, indices, clouds.fewest_points, training=True, transforms=transforms, seed=seed)
        for transform in transforms:
            if getattr(transform, "exchanges_points", False):
                raise InputError(f"nearby: {type(transform).__name__} exchanges points: leave it out of the transforms")
        self.kept = kept

    def _augmented(self, epoch: int, index: int) -> tuple[Tensor, int, Tensor]:  # type: ignore[override]
        points, label = super()._augmented(epoch, index)  # it seeds the generators
        return points, label, self.kept.draw(int(self.indices[index]))

    def collate(self, samples: list[tuple[Tensor, int, Tensor]]) -> tuple[Tensor, Tensor, Nearby]:
        """Samples -> points (B, P, 3) float32, labels (B,) int64, and their neighbours."""
        points, labels, rows = zip(*samples, strict=True)
        return torch.stack(points), torch.tensor(labels), self.kept.unpack(torch.stack(rows))


def _fingerprint(clouds: LabelledClouds, num_points: int, settings: NearbySettings) -> str:
    """Of everything that the rows depend on."""
    choice = (settings.stages, settings.neighbours, settings.variants, settings.fewest_points, num_points)
    digest = hashlib.blake2b(repr(choice).encode(), digest_size=8)
    for first in range(0, len(clouds), 1024):
        digest.update(clouds.points[first : first + 1024].tobytes())
    return digest.hexdigest()


def _build_apart(clouds: LabelledClouds, num_points: int, settings: NearbySettings, path: Path) -> None:
    """Under a name of its own, for several processes may build at once; the last to finish gives it the final name."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    os.close(handle)
    try:
        _build(clouds, num_points, settings, Path(name))
        os.chmod(name, 0o644)  # mkstemp makes it private; a data folder may be shared
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _build(clouds: LabelledClouds, num_points: int, settings: NearbySettings, path: Path) -> None:
    width = settings.stages[0] * (1 + settings.neighbours) + sum(settings.stages) * settings.neighbours
    with open(path, "wb") as file:  # the temporary name need not end in .npy
        header = {"descr": "<i2", "fortran_order": False, "shape": (settings.variants, len(clouds), width)}
        np.lib.format.write_array_header_2_0(file, header)
        blocks = range(0, len(clouds), TOGETHER)
        total = settings.variants * len(blocks)
        with tqdm(total=total, desc="looking up neighbours", unit="batch", leave=False, disable=None) as progress:
            for variant in range(settings.variants):
                for first in blocks:
                    seed = derived_seed("nearby", variant, first)
                    points = torch.from_numpy(clouds.points[first : first + TOGETHER].copy())
                    _find(points, num_points, settings, seed).numpy().astype("<i2").tofile(file)
                    progress.update()
        os.fsync(file.fileno())


def _find(points: Tensor, num_points: int, settings: NearbySettings, seed: int) -> Tensor:
    """A variant of each cloud: (B, P, 3) -> (B, width)."""
    generator = torch.Generator().manual_seed(seed)
    count = int(torch.randint(settings.fewest_points, num_points + 1, (), generator=generator))
    ranks = torch.rand(points.shape[:2], generator=generator).argsort(1)[:, :count]  # (B, count) points of the cloud
    some = points.gather(1, ranks[..., None].expand(-1, -1, 3)) + 0.0  # (B, count, 3); -0.0 becomes 0.0
    nearby = find_nearby(some, farthest_point_sampling(some, settings.stages[0]), settings.stages, settings.neighbours)
    parts = [ranks.gather(1, nearby.chosen), ranks.gather(1, nearby.nearest.flatten(1))]
    return torch.cat([*parts, *(table.flatten(1) for table in nearby.tables)], 1)
