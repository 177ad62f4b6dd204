"""Layers that the token encoders share; each norm is one linear map with the layer before it in evaluation."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.pointwise import running_statistics, update_running_statistics


class ResidualMLP(nn.Module):
    """x + BN(Linear(ReLU(Linear(x)))), row by row (DeLA's form, which spends one norm, of PointNeXt's residual MLP).

    Shapes:
        (R, width) -> (R, width)
    """

    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the rows say each for itself: (R, width) -> (R, width)."""
        return x + linear_norm(F.relu(self.widen(x), inplace=True), self.narrow, self.norm)


def linear_norm(x: Tensor, linear: nn.Linear, norm: nn.BatchNorm1d) -> Tensor:
    """norm(linear(x)) of rows: (R, C) -> (R, C')."""
    if norm.training:
        return norm(linear(x))
    return F.linear(x, *as_one_map(linear, norm, *running_statistics(norm)))


def coordinates_linear_norm(coordinates: Tensor, linear: nn.Linear, norm: nn.BatchNorm1d) -> Tensor:
    """norm(linear(x)) where x is narrow: (R, 3) -> (R, C).

    A linear map's batch statistics follow from those of its input, so that no (R, C) tensor is read for them.
    """
    if not norm.training or type(norm) is not nn.BatchNorm1d:  # another one has its own idea of statistics
        return linear_norm(coordinates, linear, norm)
    middle = coordinates.mean(0)  # (3,)
    centred = coordinates - middle
    covariance = centred.t() @ centred / len(coordinates)  # (3, 3)
    mean = linear.weight @ middle + linear.bias  # (C,)
    variance = ((linear.weight @ covariance) * linear.weight).sum(1)  # (C,)
    update_running_statistics(norm, mean, variance, len(coordinates))
    weight, bias = as_one_map(linear, norm, mean, variance)
    # As a matrix of its own: the gradient of a transposed view would be a product a third as wide, ten times as slow.
    return torch.addmm(bias, coordinates, weight.t().contiguous())


def as_one_map(linear: nn.Linear, norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the linear map that norm(linear(x)) is for given statistics (C,) of linear(x)."""
    scale = norm.weight * torch.rsqrt(variance + norm.eps)  # (C,)
    off = -mean if linear.bias is None else linear.bias - mean
    return linear.weight * scale[:, None], off * scale + norm.bias


def relative_features(patches: Tensor, normalise: bool) -> Tensor:
    """What an encoder reads of each point of a patch: (P, K, 3) -> (P, K, 3), or (P, K, 4) if normalised.

    Normalised, a patch has radius 1, and its radius is the fourth feature: the form of a patch then does not depend on
    how dense the cloud is there, and its scale is not lost. This is the geometric affine module of PointMLP (Ma et al.,
    ICLR 2022, section 3.2) with the radius for the deviation; the affine map itself is part of the linear layer next.
    """
    if not normalise:
        return patches
    x, y, z = patches.unbind(-1)
    radius = (x * x + y * y + z * z).amax(1).sqrt()[:, None, None]  # (P, 1, 1), exact in any order of the points
    return torch.cat([patches / radius.clamp_min(1e-6), radius.expand(-1, patches.shape[1], 1)], 2)


def coordinates_width(normalise: bool) -> int:
    """Width of ``relative_features``."""
    return 4 if normalise else 3
