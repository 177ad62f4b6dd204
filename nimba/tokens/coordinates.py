"""An auxiliary loss of dense stages: features shall tell where a neighbour lies (DeLA; Chen et al., 2023)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.geometry.pyramid import Pyramid, take_rows

HIDDEN = 32


class CoordinateHeads(nn.Module):
    """How badly the difference of two neighbours' features tells their difference in place; only training uses it.

    For each point of a stage one neighbour is drawn at random. Places are in units of the root mean square of those
    drawn, so all stages count alike; their mean squared errors are added.

    Args:
        channels: width of each stage.

    Shapes:
        features (B, M_s, channels[s]) of each stage, Pyramid -> ()
    """

    def __init__(self, channels: Sequence[int]):
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(width, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 3))
            for width in channels
        )

    def forward(self, features: Sequence[Tensor], pyramid: Pyramid) -> Tensor:
        """The loss: ()."""
        losses = []
        for head, x, table in zip(self.heads, features, pyramid.tables, strict=True):
            drawn = torch.randint(table.shape[2], (*table.shape[:2], 1), device=table.device)
            other = table.gather(2, drawn).squeeze(2)  # (B, M_s)
            points = pyramid.points[:, : table.shape[1]]  # (B, M_s, 3)
            away = take_rows(points, other) - points  # (B, M_s, 3)
            away = away / away.square().mean().sqrt().clamp_min(1e-6)
            told = head((take_rows(x, other) - x).flatten(0, 1))  # (B M_s, 3)
            losses.append(F.mse_loss(told, away.flatten(0, 1)))
        return torch.stack(losses).sum()
