"""Clouds that the benchmarks serialize: kind ones, and some that were built to be bad."""

import numpy as np
import torch
from torch import Tensor


def torus(count: int, seed: int = 0) -> Tensor:
    """A lying torus of radii .7 and .3, by uniform angles: (count, 3) float32."""
    around, within = np.random.default_rng(seed).random((2, count)) * 2 * np.pi
    ring = 0.7 + 0.3 * np.cos(within)
    points = np.stack([ring * np.cos(around), 0.3 * np.sin(within), ring * np.sin(around)], 1)
    return torch.from_numpy(points.astype(np.float32))


def noise(count: int, seed: int = 0) -> Tensor:
    """A solid cube of noise, where no surface helps: (count, 3) float32 in [-1, 1]."""
    return torch.from_numpy((np.random.default_rng(seed).random((count, 3)) * 2 - 1).astype(np.float32))


def two_legs(count: int) -> Tensor:
    """Two distant legs that take turns in y: whoever looks along the sort looks past all of the other leg."""
    points = torch.zeros(count, 3)
    points[:, 1] = torch.linspace(-1, 1, count)
    points[::2, 0] = -1
    points[1::2, 0] = 1
    return points


def comb(count: int, teeth: int = 16) -> Tensor:
    """``teeth`` squared legs that take turns in y, neighbours within reach of each other: (count, 3) float32."""
    number = torch.arange(count)
    points = torch.zeros(count, 3)
    points[:, 0] = number % teeth * 2 / teeth - 1
    points[:, 1] = torch.linspace(-1, 1, count)
    points[:, 2] = number // teeth % teeth * 2 / teeth - 1
    return points


def with_outliers(count: int, outliers: int) -> Tensor:
    """The torus, a few of its points a thousand times as far out: (count, 3) float32."""
    points = torus(count)
    points[:: count // outliers][:outliers] *= 1000 * (1 + torch.arange(outliers))[:, None]
    return points


def in_two_clumps(count: int) -> Tensor:
    """Two copies of the torus, a million times their size apart: (count, 3) float32, each as fine as that can hold."""
    points = torus(count) * 1e-2
    points[::2] += torch.tensor([0.0, 0.0, 1e4])
    return points


UNEVEN = {
    "one outlier": lambda count: with_outliers(count, 1),
    "two outliers": lambda count: with_outliers(count, 2),
    "a hundred outliers": lambda count: with_outliers(count, 100),
}

CLOUDS = {"torus": torus, "cube of noise": noise, "two legs": two_legs, "comb of 256 legs": comb}
