"""A small PointNet of many small neighbourhoods: in torch for any device, and fused for training on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens import neighbourhood_operators  # noqa: F401 - declares the fused version
from nimba.tokens.pointwise import compiled, running_statistics, update_running_statistics

MOST_NEIGHBOURS = 255  # which of them has the maximum is kept in a byte


class NeighbourhoodEncoder(nn.Module):
    """max over neighbours of Linear(ReLU(BN(Linear(ReLU(BN(Linear(x))))))), each Linear without a bias.

    The rows are many and narrow: the fused version keeps nothing of what lies between the coordinates and the maximum,
    and takes the norms' statistics from the means and products of what their layers read.

    Args:
        inputs: numbers of a neighbour.
        channels: width of the two hidden layers and of the result.

    Shapes:
        (P, K, inputs) -> (P, channels[2])
    """

    def __init__(self, inputs: int, channels: tuple[int, int, int]):
        super().__init__()
        one, two, three = channels
        self.lift = nn.Linear(inputs, one, bias=False)
        self.lift_norm = nn.BatchNorm1d(one)
        self.mix = nn.Linear(one, two, bias=False)
        self.mix_norm = nn.BatchNorm1d(two)
        self.project = nn.Linear(two, three, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Encode (P, K, inputs) -> (P, channels[2]); the coordinates receive no gradient."""
        norms = self.lift_norm, self.mix_norm
        own_statistics = any(norm.training and type(norm) is not nn.BatchNorm1d for norm in norms)
        if x.is_cuda:
            return self.layer_by_layer_on_cuda(x)
        if not compiled(x) or own_statistics or x.shape[1] > MOST_NEIGHBOURS:
            return self.layer_by_layer(x)
        if self.lift_norm.training:
            statistics, moments = self._statistics(x.detach())
        else:
            statistics = [*running_statistics(self.lift_norm), *running_statistics(self.mix_norm)]
            moments = []
        parameters = [
            *(self.lift.weight, self.lift_norm.weight, self.lift_norm.bias),
            *(self.mix.weight, self.mix_norm.weight, self.mix_norm.bias),
            self.project.weight,
        ]
        eps = self.lift_norm.eps, self.mix_norm.eps
        return torch.ops.nimba.neighbourhood_max(x, *parameters, statistics, moments, *eps)[0]

    def layer_by_layer(self, x: Tensor) -> Tensor:
        """The readable reference, and the version for other devices."""
        lifted = F.relu(self.lift_norm(self.lift(x.flatten(0, 1))))  # (P K, channels[0])
        mixed = F.relu(self.mix_norm(self.mix(lifted)))  # (P K, channels[1])
        return self.project(mixed).unflatten(0, x.shape[:2]).max(1).values  # (P, channels[2])

    def layer_by_layer_on_cuda(self, x: Tensor) -> Tensor:
        """In steps that torch.compile fuses well: products of three or four terms are none for a matrix unit.

        Equal maxima share the gradient, which no index then has to be kept for.
        """
        columns = x.flatten(0, 1).unsqueeze(2).unbind(1)  # of (P K, 1)
        terms = (column * row for column, row in zip(columns, self.lift.weight.t(), strict=True))
        lifted = sum(terms)  # (P K, channels[0])
        mixed = F.relu(self.mix_norm(self.mix(F.relu(self.lift_norm(lifted)))))  # (P K, channels[1])
        return self.project(mixed).unflatten(0, x.shape[:2]).amax(1)  # (P, channels[2])

    @torch.no_grad()
    def _statistics(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Mean and variance of both norms' rows, and the means and products that they come from, in float64."""
        rows = x.shape[0] * x.shape[1]
        middle, product = torch.ops.nimba.row_moments(x)
        lift_mean, lift_variance = _through(self.lift.weight, middle, product)
        update_running_statistics(self.lift_norm, lift_mean, lift_variance, rows)
        weight, bias = _folded(self.lift.weight, self.lift_norm, lift_mean, lift_variance)
        lifted, lifted_product = torch.ops.nimba.lifted_moments(x, weight, bias)
        mix_mean, mix_variance = _through(self.mix.weight, lifted, lifted_product)
        update_running_statistics(self.mix_norm, mix_mean, mix_variance, rows)
        return [lift_mean, lift_variance, mix_mean, mix_variance], [middle, product, lifted, lifted_product]


def _through(weight: Tensor, middle: Tensor, product: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of weight x, from the mean of x and of x x^T in float64."""
    wide = weight.double()
    covariance = product - torch.outer(middle, middle)
    variance = ((wide @ covariance) * wide).sum(1).clamp_min(0)
    return (wide @ middle).to(weight.dtype), variance.to(weight.dtype)


def _folded(weight: Tensor, norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    factor = norm.weight * torch.rsqrt(variance + norm.eps)
    return weight * factor[:, None], norm.bias - mean * factor
