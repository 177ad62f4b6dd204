"""Clouds that kernels stumble over, for every test that compares a fast version with its reference."""

import torch
from torch import Tensor

NASTY = ("random", "grid", "duplicates", "flat", "line", "one", "two", "far", "signed_zero")
UNEVEN = ("outliers", "clumps", "tiny", "huge")  # scales that no single grid or precision holds


def cloud(kind: str, batch: int = 3, count: int = 60, seed: int = 0) -> Tensor:
    """(batch, count, 3) float32 of the named kind; "one" and "two" have that many points."""
    points = torch.rand(batch, count, 3, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    if kind == "grid":  # ties in every coordinate and in distances
        points = (points * 3).round() / 3
    elif kind == "duplicates":
        points[:, count // 4 :] = points[:, :1]
    elif kind == "flat":
        points[..., 1] = 0.25
    elif kind == "line":
        points[..., 1:] = 0
    elif kind == "one":
        points = points[:, :1]
    elif kind == "two":
        points = points[:, :2]
    elif kind == "far":  # two islands, out of reach of each other
        points[:, ::2] += 10
    elif kind == "signed_zero":
        points = (points * 2).round() * 0.5
        points = torch.where((points == 0) & (torch.arange(count)[:, None] % 2 == 0), -0.0, points)
    elif kind == "outliers":
        points[:, 1] = 1000
        points[:, 2, 0] = -1e6
        points[:, count // 2, 2] = 1e30
    elif kind == "clumps":  # each far smaller than the smallest cell that 21 bits make
        points *= 1e-9
        points[:, ::2] += torch.tensor([1.0, 0.0, 0.0])
        points[:, 1::4, 1] += 0.5
    elif kind == "tiny":  # most squared distances underflow to 0
        points *= 1e-22
    elif kind == "huge":  # many squared distances overflow
        points *= 1.5e19
    return points


def shuffled(points: Tensor, seed: int = 1) -> Tensor:
    """The same clouds with their points in another order: (B, N, 3)."""
    return points[:, torch.randperm(points.shape[1], generator=torch.Generator().manual_seed(seed))]


def take(points: Tensor, order: Tensor) -> Tensor:
    """Points of each cloud in the given order: (B, N, 3), (B, M) -> (B, M, 3)."""
    return points.gather(1, order[..., None].expand(-1, -1, 3))
