"""Mini-PointNet: a patch of points becomes one token (Point-BERT's encoder, as PointMamba uses it)."""

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class PatchEncoder(nn.Module):
    """Encode patches of points, each relative to its centre, whatever the order of the points in a patch.

    3 -> c1 -> c2 for each point; the maximum over the patch (global) beside each point (local); 2 c2 -> c3 -> dim; the maximum.
    The paper's widths are (128, 256, 512).

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
        self.lift_norm = PointBatchNorm(c1)
        self.local = nn.Linear(c1, c2)
        self.mix = nn.Linear(2 * c2, c3)
        self.mix_norm = PointBatchNorm(c3)
        self.project = nn.Linear(c3, dim)

    def forward(self, patches: Tensor) -> Tensor:
        """Encode (B, G, K, 3) -> (B, G, dim)."""
        B, G, K, _ = patches.shape
        x = self.lift(patches.reshape(B * G * K, 3))  # (B G K, c1)
        local = self.local(F.relu(self.lift_norm(x), inplace=True))  # (B G K, c2)
        shared = local.view(B * G, K, -1).amax(1)  # (B G, c2)
        # Linear([global, local]) without the concatenation: the global half is the same for all points of a patch.
        for_global, for_local = self.mix.weight.chunk(2, dim=1)
        x = F.linear(local, for_local).view(B * G, K, -1)  # (B G, K, c3)
        x = x + F.linear(shared, for_global, self.mix.bias)[:, None]
        x = F.relu(self.mix_norm(x.view(B * G * K, -1)), inplace=True)  # (B G K, c3)
        return self.project(x).view(B, G, K, -1).amax(2)  # (B, G, dim)


class PointBatchNorm(nn.BatchNorm1d):
    """BatchNorm over (M, C) rows.

    torch's CPU kernel walks such a matrix column by column; seen as a channels-last image of M x 1 pixels, the same numbers go
    through its vectorised kernel.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (M, C) -> (M, C)."""
        if x.device.type != "cpu":
            return super().forward(x)
        pixels = x.t()[None, :, :, None]  # (1, C, M, 1)
        return super().forward(pixels)[0, :, :, 0].t()  # (M, C)

    def _check_input_dim(self, x: Tensor) -> None:
        if x.dim() not in (2, 4):
            raise ValueError(f"expected (M, C) rows, got {tuple(x.shape)}")
