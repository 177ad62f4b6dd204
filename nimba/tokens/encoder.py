"""Mini-PointNet: a patch of points becomes one token (Point-BERT's encoder, as PointMamba uses it)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.pointwise import (
    max_over_points,
    project_max,
    running_statistics,
    update_running_statistics,
)


class PatchEncoder(nn.Module):
    """Encode patches of points, each relative to its centre, whatever the order of the points in a patch.

    3 -> c1 -> c2 for each point; the maximum over the patch (global) beside each point (local); 2 c2 -> c3 -> dim; the
    maximum. The paper's widths are (128, 256, 512).

    Args:
        dim: width of a token.
        channels: (c1, c2, c3).

    Shapes:
        patches (B, G, K, 3) -> tokens (B, G, dim)
    """

    def __init__(self, dim: int, channels: tuple[int, int, int] = (128, 256, 512)):
        super().__init__()
        c1, c2, c3 = channels
        self.lift = nn.Linear(3, c1)
        self.lift_norm = nn.BatchNorm1d(c1)
        self.local = nn.Linear(c1, c2)
        self.mix = nn.Linear(2 * c2, c3)
        self.mix_norm = nn.BatchNorm1d(c3)
        self.project = nn.Linear(c3, dim)

    def forward(self, patches: Tensor) -> Tensor:
        """Encode (B, G, K, 3) -> (B, G, dim)."""
        B, G, K, _ = patches.shape
        points = patches.reshape(B * G * K, 3)  # (B G K, 3)
        lifted = F.relu(F.linear(points, *self._fold_lift_norm(points)), inplace=True)  # (B G K, c1)
        local = self.local(lifted)  # (B G K, c2)
        shared = max_over_points(local.view(B * G, K, -1))  # (B G, c2)
        # Linear([global, local]) without the concatenation: the global half is the same for all points of a patch.
        for_global, for_local = self.mix.weight.chunk(2, dim=1)
        of_points = F.linear(local, for_local).view(B * G, K, -1)  # (B G, K, c3)
        of_patch = F.linear(shared, for_global, self.mix.bias)  # (B G, c3)
        return project_max(of_points, of_patch, self.mix_norm, self.project).view(B, G, -1)  # (B, G, dim)

    def _fold_lift_norm(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (c1, 3) and bias (c1,) of ``lift_norm(lift(points))`` as one linear map.

        A linear map's batch statistics follow from those of its 3-D input, so no (B G K, c1) tensor is read for them.
        """
        norm, weight = self.lift_norm, self.lift.weight
        if self.training:
            middle = points.mean(0)  # (3,)
            centred = points - middle
            covariance = centred.t() @ centred / len(points)  # (3, 3)
            mean = weight @ middle + self.lift.bias  # (c1,)
            variance = ((weight @ covariance) * weight).sum(1)  # (c1,)
            update_running_statistics(norm, mean, variance, len(points))
        else:
            mean, variance = running_statistics(norm)
        scale = norm.weight * torch.rsqrt(variance + norm.eps)  # (c1,)
        return weight * scale[:, None], (self.lift.bias - mean) * scale + norm.bias
