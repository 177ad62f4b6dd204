"""Dense local stages in front of the path: neighbourhoods all over the cloud, in ever fewer and wider points."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.tokens.edges import add_normed, highest_edge
from nimba.tokens.neighbourhood import NeighbourhoodEncoder
from nimba.tokens.pyramid import Pyramid

FIRST_GAIN, LATER_GAIN = 0.8, 0.2  # of the norm behind a stage's own view of the coordinates, as DeLA's


class DenseEncoder(nn.Module):
    """Stages of local features, each on a prefix of the stage before (DeLA's form; Chen et al., 2023).

        coordinates ─ stage 1 ─────────── stage 2 ─────────── stage 3 ─ norm, Linear ─ tokens
                       M points of a cloud  fewer, wider        the centres

    A stage looks at the relative coordinates of each point's neighbours, adds what comes from the stage before, and
    then exchanges features among neighbours. No layer reads where a point lies, but for its height in the first.

    Args:
        dim: width of a token.
        channels: width of each stage.
        depths: aggregations of each stage.

    Shapes:
        Pyramid of one stage for each of the channels -> (B, G, dim), G the points of the last
    """

    def __init__(self, dim: int, channels: Sequence[int], depths: Sequence[int]):
        super().__init__()
        before: list[int | None] = [None, *channels[:-1]]
        sizes = zip(before, channels, depths, strict=True)
        self.stages = nn.ModuleList(DenseStage(width, depth, previous) for previous, width, depth in sizes)
        self.norm = nn.BatchNorm1d(channels[-1])
        self.project = nn.Linear(channels[-1], dim)

    def forward(self, pyramid: Pyramid) -> Tensor:
        """Encode a pyramid -> (B, G, dim)."""
        return self.project(self.norm(self.features(pyramid)[-1].flatten(0, 1))).unflatten(
            0, pyramid.neighbours[-1].shape[:2]
        )

    def features(self, pyramid: Pyramid) -> list[Tensor]:
        """What each stage says of its points: (B, M_s, channels[s]) each."""
        x, said = None, []
        for number, stage in enumerate(self.stages):
            x = stage(x, pyramid, number)
            said.append(x)
        return said


class DenseStage(nn.Module):
    """One stage: its view of the coordinates, what comes from the stage before, then aggregations and MLPs.

    Args:
        width: of the features.
        depth: aggregations; an MLP stands before the first and after every second.
        previous: width of the stage before; None for the first, which also reads the height.

    Shapes:
        (B, M', previous) or None, Pyramid -> (B, M, width)
    """

    def __init__(self, width: int, depth: int, previous: int | None):
        super().__init__()
        first = previous is None
        self.look = Look(width, first)
        if previous is not None:
            self.skip = nn.Linear(previous, width, bias=False)
            self.skip_norm = nn.BatchNorm1d(width)
            self.down = Aggregation(previous, width)
        self.aggregations = nn.ModuleList(Aggregation(width, width) for _ in range(depth))
        self.mlps = nn.ModuleList(MLP(width) for _ in range(1 + depth // 2))

    def forward(self, x: Tensor | None, pyramid: Pyramid, number: int) -> Tensor:
        """Describe the points of stage ``number``: (B, M, width)."""
        neighbours = pyramid.neighbours[number]  # (B, M, K)
        count = neighbours.shape[1]
        seen = self.look(pyramid, number)  # (B, M, width)
        if x is not None:
            skipped = self.skip(x[:, :count])  # (B, M, width)
            seen = add_normed(seen, skipped, self.skip_norm)
            seen = self.down(x, pyramid.neighbours[number - 1][:, :count], seen)
        x = self.mlps[0](seen)
        for place, aggregate in enumerate(self.aggregations, 1):
            x = aggregate(x, neighbours, x)
            if place % 2 == 0:
                x = self.mlps[place // 2](x)
        return x


class Look(nn.Module):
    """A stage's own view: the relative coordinates of each point's neighbours, through a small PointNet, normed."""

    def __init__(self, width: int, first: bool):
        super().__init__()
        channels = (width // 4, width // 2, width) if first else (width // 8, width // 4, width // 4)
        self.encode = NeighbourhoodEncoder(4 if first else 3, channels)
        self.norm = nn.BatchNorm1d(channels[2])
        self.widen = None if first else nn.Linear(channels[2], width, bias=False)
        nn.init.constant_(self.norm.weight, FIRST_GAIN if first else LATER_GAIN)

    def forward(self, pyramid: Pyramid, number: int) -> Tensor:
        """(B, M, width)"""
        rows = pyramid.rows(number)  # (B, M, K, 3 or 4)
        x = self.norm(self.encode(rows.flatten(0, 1)))  # (B M, channels[2])
        return (x if self.widen is None else self.widen(x)).unflatten(0, rows.shape[:2])


class Aggregation(nn.Module):
    """x + BN(max over neighbours j of W f_j - W f_i), whose gain starts at zero."""

    def __init__(self, width: int, out: int):
        super().__init__()
        self.project = nn.Linear(width, out, bias=False)
        self.norm = nn.BatchNorm1d(out)
        nn.init.zeros_(self.norm.weight)

    def forward(self, features: Tensor, neighbours: Tensor, x: Tensor) -> Tensor:
        return add_normed(x, highest_edge(self.project(features), neighbours), self.norm)


class MLP(nn.Module):
    """x + BN(Linear(ReLU(Linear(x)))), twice as wide inside; the gain of its norm starts at zero."""

    def __init__(self, width: int):
        super().__init__()
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return add_normed(x, self.narrow(F.relu(self.widen(x), inplace=True)), self.norm)
