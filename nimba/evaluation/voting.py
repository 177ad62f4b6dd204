"""Voting over augmented passes: an extra beside the plain figure, never in its place."""

import torch
from torch import Tensor, nn

LARGEST_SCALE = 1.5  # of a coordinate axis; the training augmentation's range is [1 / 1.5, 1.5]


def vote(network: nn.Module, points: Tensor, votes: int, seed: int = 0) -> Tensor:
    """Mean class probabilities over passes with randomly scaled axes.

    Pass k scales the axes of all clouds by the same three factors, which depend on (seed, k) alone, so that a cloud's
    result does not depend on its batch.

    Shapes:
        points (B, N, 3) -> (B, num_classes)
    """
    generator = torch.Generator().manual_seed(seed)
    exponents = torch.rand(votes, 3, generator=generator) * 2 - 1
    scales = (LARGEST_SCALE**exponents).to(points)  # (votes, 3)
    passes = [network(points * scale).float().softmax(-1) for scale in scales]  # each (B, num_classes)
    return torch.stack(passes).mean(0)
