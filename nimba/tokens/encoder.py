"""Mini-PointNet: a patch of points becomes one token (Point-BERT's encoder, as PointMamba uses it)."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.layers import coordinates_linear_norm
from nimba.tokens.pointwise import max_over_points, project_max


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
        lifted = F.relu(coordinates_linear_norm(points, self.lift, self.lift_norm), inplace=True)  # (B G K, c1)
        local = self.local(lifted)  # (B G K, c2)
        shared = max_over_points(local.view(B * G, K, -1))  # (B G, c2)
        # Linear([global, local]) without the concatenation: the global half is the same for all points of a patch.
        # Between the local half and the layer before it nothing bends, so both are one map, half as wide.
        for_global, for_local = self.mix.weight.chunk(2, dim=1)
        of_points = F.linear(lifted, for_local @ self.local.weight).view(B * G, K, -1)  # (B G, K, c3)
        of_patch = F.linear(shared, for_global, self.mix.bias + for_local @ self.local.bias)  # (B G, c3)
        return project_max(of_points, of_patch, self.mix_norm, self.project).view(B, G, -1)  # (B, G, dim)
