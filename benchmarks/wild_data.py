"""Clouds that nobody trained on, from the folder of data for development: in their files' own axes."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nimba.runtime.errors import InputError

Clouds = list[np.ndarray]  # (N, 3) float32 each


@dataclass(frozen=True)
class Labelled:
    """Clouds and what each may rightly be called, by names of classes."""

    clouds: Clouds
    right: list[frozenset[str]]


class WildData:
    """The parts of the folder.

    Args:
        folder: with modelnet40/, wild/ and dales5.npz.

    Raises:
        InputError: a part is not there.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def modelnet40(self, split: str) -> Labelled:
        """A split of ModelNet40, z up, 1,024 points a shape."""
        with np.load(self._path("modelnet40", f"{split}.npz")) as file:
            planes, bits, low, high = file["planes"], int(file["bits"]), float(file["lo"]), float(file["hi"])
            labels, names = file["label"].astype(int), [name.decode() for name in file["classes"]]
        rng = np.random.default_rng(0)
        clouds: Clouds = []
        for start in range(0, planes.shape[1], 512):
            block = planes[:, start : start + 512].astype(np.int64)  # (bytes, B, N)
            codes = np.cumsum(sum(plane << (8 * place) for place, plane in enumerate(block)), axis=1)  # (B, N)
            points = _unwoven(codes, bits) / ((1 << bits) - 1) * (high - low) + low  # (B, N, 3)
            clouds += [rng.permutation(cloud).astype(np.float32) for cloud in points]  # stored along a curve
        return Labelled(clouds, [frozenset([names[label]]) for label in labels])

    def furniture_models(self, split: str) -> list[tuple[dict[str, str], np.ndarray]]:
        """The rows of the table of free models, each with its points (2048, 3) as 32,767ths."""
        with self._path("wild", "furniture.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load(self._path("wild", "furniture_points.npz")) as file:
            points = file["points"]  # (M, 2048, 3) int16
        return [(row, cloud) for row, cloud in zip(rows, points, strict=True) if row["split"] == split]

    def furniture(self, split: str) -> Labelled:
        """Free models of ModelNet40's classes, y up, facing as their authors left them."""
        models = self.furniture_models(split)
        right = [frozenset([row["modelnet40"], *filter(None, row["accepted"].split("|"))]) for row, _ in models]
        return Labelled([cloud.astype(np.float32) / 32767 for _, cloud in models], right)

    def lidar(self, *names: str) -> Clouds:
        """Objects of DALES, airborne LiDAR, z up, metres."""
        with np.load(self._path("dales5.npz")) as file:
            wanted = [[name.decode() for name in file["classes"]].index(name) for name in names]
            starts, scale = file["start"], file["scale"]
            chosen = np.flatnonzero(np.isin(file["label"], wanted))
            points = file["q"]
            return [points[starts[n] : starts[n + 1]].astype(np.float32) * scale[n] for n in chosen]

    def depth_views(self, *names: str) -> Clouds:
        """Simulated depth-camera views of FGPOD, z up."""
        with np.load(self._path("wild", "fgpod20.npz")) as file:
            wanted = [list(file["names"]).index(name) for name in names]
            ends = np.cumsum(file["sizes"])
            chosen = np.flatnonzero(np.isin(file["label"], wanted))
            points = file["tenth_millimetres"]
            return [points[ends[n] - file["sizes"][n] : ends[n]].astype(np.float32) for n in chosen]

    def _path(self, *parts: str) -> Path:
        path = self.folder.joinpath(*parts)
        if not path.is_file():
            raise InputError(f"{path}: no such file; --data names the folder of data for development")
        return path


def _unwoven(codes: np.ndarray, bits: int) -> np.ndarray:
    """Morton codes (B, N) -> grid coordinates (B, N, 3)."""
    grid = np.zeros((*codes.shape, 3), np.int64)
    for bit in range(bits):
        for axis in range(3):
            grid[..., axis] |= (codes >> (3 * bit + 2 - axis) & 1) << bit
    return grid
