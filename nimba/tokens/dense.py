"""Dense local stages in front of the path: neighbourhoods all over the cloud, in ever fewer and wider points."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from nimba.geometry.pyramid import Pyramid
from nimba.tokens.edges import add_normed, highest_edge
from nimba.tokens.neighbourhood import NeighbourhoodEncoder

FIRST_GAIN, LATER_GAIN = 0.8, 0.2  # of the norm behind a stage's own look at the coordinates, as DeLA's


class DenseEncoder(nn.Module):
    """Stages of local features, each on the first points of the stage before (the form of DeLA; Chen et al., 2023).

        coordinates ─ stage ───────────── stage ──────── stage ─ norm, Linear ─ tokens
                      512 of 1024 points  256 of these   the 64 centres

    A stage looks at the relative coordinates of each point's neighbours, adds what comes from the stage before, and
    then exchanges features between neighbours. No layer reads where a point lies, but for its height in the first: a
    shifted cloud gives the same tokens. All residual branches start at zero.

    Args:
        dim: width of a token.
        channels: width of each stage.
        depths: aggregations of each stage.

    Shapes:
        Pyramid of as many stages -> tokens (B, G, dim) of the last stage's points, in the pyramid's order
    """

    def __init__(self, dim: int, channels: Sequence[int], depths: Sequence[int]):
        super().__init__()
        before: list[int | None] = [None, *channels[:-1]]
        sizes = zip(before, channels, depths, strict=True)
        self.stages = nn.ModuleList(Stage(width, depth, previous) for previous, width, depth in sizes)
        self.norm = nn.BatchNorm1d(channels[-1])
        self.project = nn.Linear(channels[-1], dim)

    def forward(self, pyramid: Pyramid) -> Tensor:
        """Encode a pyramid -> (B, G, dim)."""
        return self.to_tokens(self.features(pyramid)[-1])

    def features(self, pyramid: Pyramid) -> list[Tensor]:
        """What each stage says of its points: (B, M_s, channels[s]) each."""
        x, features = None, []
        for number, stage in enumerate(self.stages):
            x = stage(x, pyramid, number)
            features.append(x)
        return features

    def to_tokens(self, last: Tensor) -> Tensor:
        """Tokens from the last stage's features: (B, G, channels[-1]) -> (B, G, dim)."""
        return self.project(self.norm(last.flatten(0, 1))).unflatten(0, last.shape[:2])


class Stage(nn.Module):
    """One stage: its look at the coordinates, what comes from the stage before, aggregations and MLPs.

    Args:
        width: of the features.
        depth: aggregations; an MLP stands before the first of them and after every second.
        previous: width of the stage before; None for the first stage, which reads the height too.

    Shapes:
        features of the stage before (B, M', previous) or None, Pyramid, which stage -> (B, M, width)
    """

    def __init__(self, width: int, depth: int, previous: int | None):
        super().__init__()
        first = previous is None
        channels = (width // 4, width // 2, width) if first else (width // 8, width // 4, width // 4)
        channels = tuple(max(1, channel) for channel in channels)  # type: ignore[assignment]
        self.look = NeighbourhoodEncoder(4 if first else 3, channels)
        self.look_norm = nn.BatchNorm1d(channels[2])
        nn.init.constant_(self.look_norm.weight, FIRST_GAIN if first else LATER_GAIN)
        if previous is not None:
            self.widen = nn.Linear(channels[2], width, bias=False)
            self.skip = nn.Linear(previous, width, bias=False)
            self.skip_norm = nn.BatchNorm1d(width)
            self.down = Aggregation(previous, width)
        self.aggregations = nn.ModuleList(Aggregation(width, width) for _ in range(depth))
        self.mlps = nn.ModuleList(ZeroMLP(width) for _ in range(1 + depth // 2))

    def forward(self, before: Tensor | None, pyramid: Pyramid, number: int) -> Tensor:
        """Describe the points of a stage: (B, M, width)."""
        table = pyramid.tables[number]  # (B, M, K)
        seen = pyramid.neighbourhoods(number).flatten(0, 1)  # (B M, K, 3 or 4)
        x = self.look_norm(self.look(seen))  # (B M, channels[2])
        if before is None:
            x = x.unflatten(0, table.shape[:2])  # (B, M, width)
        else:
            x = self.widen(x).unflatten(0, table.shape[:2])  # (B, M, width)
            x = add_normed(x, self.skip(before[:, : table.shape[1]]), self.skip_norm)
            x = self.down(before, pyramid.tables[number - 1][:, : table.shape[1]], x)
        x = self.mlps[0](x)
        for place, aggregate in enumerate(self.aggregations, 1):
            x = aggregate(x, table, x)
            if place % 2 == 0:
                x = self.mlps[place // 2](x)
        return x


class Aggregation(nn.Module):
    """x + BN(max over neighbours j of W f_j - W f_i), which starts as x: its gain is zero.

    Args:
        width: of the features f.
        out: of x.

    Shapes:
        features (B, M, width), neighbours (B, G, K) of the first G of them, x (B, G, out) -> (B, G, out)
    """

    def __init__(self, width: int, out: int):
        super().__init__()
        self.project = nn.Linear(width, out, bias=False)
        self.norm = nn.BatchNorm1d(out)
        nn.init.zeros_(self.norm.weight)

    def forward(self, features: Tensor, neighbours: Tensor, x: Tensor) -> Tensor:
        """Add what the neighbours say: (B, G, out)."""
        return add_normed(x, highest_edge(self.project(features), neighbours), self.norm)


class ZeroMLP(nn.Module):
    """x + BN(Linear(ReLU(Linear(x)))), twice as wide inside, which starts as x: its gain is zero.

    Shapes:
        (B, M, width) -> (B, M, width)
    """

    def __init__(self, width: int):
        super().__init__()
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the points say each for itself."""
        return add_normed(x, self.narrow(F.relu(self.widen(x), inplace=True)), self.norm)
