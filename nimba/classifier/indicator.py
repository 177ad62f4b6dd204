"""What tells a token in which round it is, where a path visits its centres more than once."""

import torch
from torch import Tensor, nn

SPREAD = 0.02  # of the initial values around a scale of one and a shift of zero


class OrderIndicator(nn.Module):
    """PointMamba's order indicator: a scale and a shift for each round of the path (arXiv 2402.10739, section 3.3).

    Args:
        rounds: how often the path visits each centre.
        dim: width of a token.

    Shapes:
        (B, L, dim) -> (B, L, dim), L a multiple of rounds
    """

    def __init__(self, rounds: int, dim: int):
        super().__init__()
        # Vectors each, like those of a norm: weight decay spares them.
        self.scale = nn.ParameterList(nn.init.normal_(torch.empty(dim), 1, SPREAD) for _ in range(rounds))
        self.shift = nn.ParameterList(nn.init.normal_(torch.empty(dim), 0, SPREAD) for _ in range(rounds))

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift (B, L, dim), round after round."""
        scale, shift = torch.stack(list(self.scale)), torch.stack(list(self.shift))  # (rounds, dim)
        x = x.unflatten(1, (len(self.scale), -1))  # (B, rounds, G, dim)
        return (x * scale[:, None] + shift[:, None]).flatten(1, 2)  # (B, L, dim)
