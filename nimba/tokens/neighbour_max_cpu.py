"""Compiled maximum over neighbours; gradients are added cloud by cloud in a fixed order, for any number of threads."""

import numpy as np

from nimba.runtime.kernels import kernel, share


def forward(x, neighbours, highest, winner):  # type: ignore[no-untyped-def]
    """(B, M, C), (B, G, K) -> into highest (B, G, C), and winner (B, G, C) int16, the first neighbour that has it."""
    _forward(x, neighbours, highest, winner)


def backward(grad, neighbours, winner, points):  # type: ignore[no-untyped-def]
    """Gradient (B, G, C) to the winners -> (B, M, C)."""
    dx = np.zeros((len(grad), points, grad.shape[2]), grad.dtype)
    _backward(grad, neighbours, winner, dx)
    return dx


@kernel
def _forward(team, x, neighbours, highest, winner):  # type: ignore[no-untyped-def]
    groups = neighbours.shape[1]
    for place in share(team, len(x) * groups):
        b, g = place // groups, place % groups
        top, who, near = highest[b, g], winner[b, g], neighbours[b, g]
        first = x[b, near[0]]
        for c in range(x.shape[2]):
            top[c] = first[c]
            who[c] = 0
        for k in range(1, len(near)):
            row = x[b, near[k]]
            for c in range(x.shape[2]):
                better = row[c] > top[c]
                top[c] = row[c] if better else top[c]
                who[c] = np.int16(k) if better else who[c]


@kernel
def _backward(team, grad, neighbours, winner, dx):  # type: ignore[no-untyped-def]
    for b in share(team, len(grad)):
        for g in range(grad.shape[1]):
            for c in range(grad.shape[2]):
                dx[b, neighbours[b, g, winner[b, g, c]], c] += grad[b, g, c]
