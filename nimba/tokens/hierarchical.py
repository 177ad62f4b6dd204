"""Tokens in two stages: features of neighbourhoods all over the cloud, then of patches of such features."""

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.layers import (
    ResidualMLP,
    coordinates_linear_norm,
    coordinates_width,
    relative_features,
)
from nimba.tokens.neighbour_max import neighbour_max, take_points
from nimba.tokens.pointwise import project_max
from nimba.tokens.surroundings import Surroundings


class HierarchicalEncoder(nn.Module):
    """Local features on a support of M points, then tokens from the features nearest to each centre.

    PointNeXt's set abstraction (Qian et al., NeurIPS 2022), with DeLA's local aggregation in between (Chen et al.,
    2023). Where patches overlap, a mini-PointNet looks at their points anew for each; here a neighbourhood is encoded
    once, and a token sees features that have seen beyond its patch.

    Args:
        local: makes features of a support.
        pool: makes tokens of them: a ``SetAbstraction``, or a ``MultiScale`` of such.

    Shapes:
        members (B, G, K), which of the support are nearest to a centre, and Surroundings -> tokens (B, G, dim)
    """

    def __init__(self, local: nn.Module, pool: nn.Module):
        super().__init__()
        self.local = local
        self.pool = pool

    def forward(self, members: Tensor, surroundings: Surroundings) -> Tensor:
        """Encode (B, G, K) -> (B, G, dim)."""
        return self.pool(members, self.local(surroundings), surroundings.support)


class LocalFeatures(nn.Module):
    """Features of each point of a support from its neighbourhood, then ``depth`` times from its neighbours' features.

    Args:
        hidden: width in which neighbourhoods are read.
        width: of the features.
        depth: rounds of aggregation, each followed by a residual MLP.
        normalise: see ``nimba.tokens.layers.relative_features``.

    Shapes:
        Surroundings of M points -> (B, M, width)
    """

    def __init__(self, hidden: int, width: int, depth: int = 2, normalise: bool = False):
        super().__init__()
        self.normalise = normalise
        self.lift = nn.Linear(coordinates_width(normalise), hidden)
        self.lift_norm = nn.BatchNorm1d(hidden)
        self.mix_norm = nn.BatchNorm1d(hidden)
        self.mix = nn.Linear(hidden, hidden)
        self.project = nn.Linear(hidden, width)
        self.aggregations = nn.ModuleList(Aggregation(width) for _ in range(depth))
        self.mlps = nn.ModuleList(ResidualMLP(width, 2 * width) for _ in range(depth))

    def forward(self, surroundings: Surroundings) -> Tensor:
        """Describe neighbourhoods (B, M, K, 3) -> (B, M, width)."""
        B, M, K, _ = surroundings.neighbourhoods.shape
        near = relative_features(surroundings.neighbourhoods.flatten(0, 1), self.normalise)  # (B M, K, 3)
        lifted = F.relu(coordinates_linear_norm(near.flatten(0, 1), self.lift, self.lift_norm), inplace=True)
        mixed = self.mix(lifted).view(B * M, K, -1)  # (B M, K, hidden)
        nothing = mixed.new_zeros(B * M, mixed.shape[2])
        x = project_max(mixed, nothing, self.mix_norm, self.project).view(B, M, -1)  # (B, M, width)
        for aggregate, mlp in zip(self.aggregations, self.mlps, strict=True):
            x = aggregate(x, surroundings.neighbours)
            x = mlp(x.flatten(0, 1)).view_as(x)  # (B, M, width)
        return x


class Aggregation(nn.Module):
    """x + BN(max over neighbours j of W x_j - W x): DeLA's local aggregation, linear on points and not on pairs.

    Shapes:
        (B, M, width), neighbours (B, M, K) -> (B, M, width)
    """

    def __init__(self, width: int):
        super().__init__()
        self.project = nn.Linear(width, width, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor, neighbours: Tensor) -> Tensor:
        """Add what the neighbours say: (B, M, width) -> (B, M, width)."""
        projected = self.project(x)  # (B, M, width)
        edges = neighbour_max(projected, neighbours) - projected  # (B, M, width)
        return x + self.norm(edges.flatten(0, 1)).view_as(x)


class SetAbstraction(nn.Module):
    """A token for each centre from the features and the relative places of the support's points nearest to it.

        max over j of project(ReLU(BN(W f_j + V (p_j - centre) + U max_i f_i)))

    followed by residual MLPs. W f_j + V p_j is computed once for each point of the support, not for each patch that it
    is in; the rest is the same for all points of a patch.

    Args:
        width: of the features.
        hidden: width in which the points of a patch are read.
        dim: width of a token.
        depth: residual MLPs on the tokens.

    Shapes:
        members (B, G, K), the nearest first, features (B, M, width), support (B, M, 3) -> (B, G, dim)
    """

    def __init__(self, width: int, hidden: int, dim: int, depth: int = 1):
        super().__init__()
        self.of_features = nn.Linear(width, hidden, bias=False)
        self.of_places = nn.Linear(3, hidden, bias=False)
        self.of_patch = nn.Linear(width, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.project = nn.Linear(hidden, dim)
        self.after = nn.Sequential(*(ResidualMLP(dim, hidden) for _ in range(depth)))

    def forward(self, members: Tensor, features: Tensor, support: Tensor) -> Tensor:
        """Pool (B, M, width) -> (B, G, dim)."""
        B, G, _ = members.shape
        places = self.of_places(support)  # (B, M, hidden)
        points = take_points(self.of_features(features) + places, members).flatten(0, 1)  # (B G, K, hidden)
        centres = take_points(places, members[:, :, :1]).squeeze(2)  # (B, G, hidden): the nearest to a centre is itself
        shared = self.of_patch(neighbour_max(features, members)) - centres  # (B, G, hidden)
        tokens = project_max(points, shared.flatten(0, 1), self.norm, self.project)  # (B G, dim)
        return self.after(tokens).view(B, G, -1)  # (B, G, dim)
