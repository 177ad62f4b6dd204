"""Patches of several sizes around the same centres."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class MultiScale(nn.Module):
    """One encoder for each patch size; their tokens side by side, projected (PointNet++'s multi-scale grouping).

    A patch's points lie from its centre outwards, so a smaller one is the beginning of a larger one.

    Args:
        encoders: each makes tokens of width ``width`` from patches.
        sizes: points of a patch that each of them reads.
        width: of one encoder's token.
        dim: width of a token.

    Shapes:
        patches (B, G, K, 3), or members (B, G, K), K >= max(sizes) -> tokens (B, G, dim)
    """

    def __init__(self, encoders: Sequence[nn.Module], sizes: Sequence[int], width: int, dim: int):
        super().__init__()
        self.sizes = tuple(sizes)
        self.encoders = nn.ModuleList(encoders)
        self.join = nn.Linear(len(self.sizes) * width, dim)

    def forward(self, patches: Tensor, *context: Tensor) -> Tensor:
        """Encode (B, G, K, ...) -> (B, G, dim); the context is the same for all sizes."""
        sized = zip(self.encoders, self.sizes, strict=True)
        tokens = [encoder(patches[:, :, :size], *context) for encoder, size in sized]  # each (B, G, width)
        return self.join(torch.cat(tokens, 2))  # (B, G, dim)
