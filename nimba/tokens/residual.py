"""A deeper patch encoder: residual MLPs on the points before they are pooled, and on the tokens after."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.layers import ResidualMLP, coordinates_linear_norm, coordinates_width, relative_features
from nimba.tokens.pointwise import max_over_points, project_max


class ResidualEncoder(nn.Module):
    """Encode patches as PointMLP does (Ma et al., ICLR 2022): residual MLPs before and after the maximum.

        coordinates ─ lift, BN, ReLU ─ Linear ─ residual MLP x depth ┬──────────────────┬ BN, ReLU ─ project ─ max ─┐
                                                                     └─ max ─ Linear ── + (the whole patch)         │
                                                                       tokens ─ residual MLP x depth ───────────────┘

    PointMLP pools once; the maximum beside each point, which tells it of its patch, is the mini-PointNet's.

    Args:
        dim: width of a token.
        channels: widths of the lift, of the points' features, and of the hidden layer on tokens.
        depth: residual MLPs before the maximum, and as many after it.
        normalise: see ``nimba.tokens.layers.relative_features``.

    Shapes:
        patches (B, G, K, 3) -> tokens (B, G, dim)
    """

    def __init__(self, dim: int, channels: tuple[int, int, int], depth: int = 1, normalise: bool = False):
        super().__init__()
        lifted, width, hidden = channels
        self.normalise = normalise
        self.lift = nn.Linear(coordinates_width(normalise), lifted)
        self.lift_norm = nn.BatchNorm1d(lifted)
        self.local = nn.Linear(lifted, width)
        self.before = nn.Sequential(*(ResidualMLP(width, width) for _ in range(depth)))
        self.whole = nn.Linear(width, width)
        self.pool_norm = nn.BatchNorm1d(width)
        self.project = nn.Linear(width, dim)
        self.after = nn.Sequential(*(ResidualMLP(dim, hidden) for _ in range(depth)))

    def forward(self, patches: Tensor) -> Tensor:
        """Encode (B, G, K, 3) -> (B, G, dim)."""
        B, G, K, _ = patches.shape
        points = relative_features(patches.flatten(0, 1), self.normalise).flatten(0, 1)  # (B G K, 3)
        lifted = F.relu(coordinates_linear_norm(points, self.lift, self.lift_norm), inplace=True)  # (B G K, lifted)
        features = self.before(self.local(lifted)).view(B * G, K, -1)  # (B G, K, width)
        whole = self.whole(max_over_points(features))  # (B G, width)
        tokens = project_max(features, whole, self.pool_norm, self.project)  # (B G, dim)
        return self.after(tokens).view(B, G, -1)  # (B, G, dim)
