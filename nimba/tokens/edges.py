"""Edges to neighbours, and sums with a normed branch: in torch for any device, and compiled for training on a CPU.

Edges are in Triton too, for CUDA.
"""

import torch
from torch import Tensor, nn

from nimba.runtime.operators import define_gradient, define_operator
from nimba.runtime.optional import triton_available
from nimba.tokens.neighbour_max import neighbour_max_gathered
from nimba.tokens.pointwise import compiled, running_statistics, update_running_statistics

MOST_NEIGHBOURS = 255  # which of them has the maximum is kept in a byte


def highest_edge(x: Tensor, neighbours: Tensor) -> Tensor:
    """max over neighbours j of x_j - x_g of the first G points, channel by channel; the first of equals learns.

    Args:
        x: (B, M, C).
        neighbours: (B, G, K) int64, indices into the M points; G <= M.

    Returns:
        (B, G, C)
    """
    if neighbours.shape[2] <= MOST_NEIGHBOURS:
        if x.is_cuda and triton_available():
            return torch.ops.nimba.highest_edge_triton(x, neighbours)[0]
        if compiled(x):
            return torch.ops.nimba.highest_edge(x, neighbours)[0]
    return neighbour_max_gathered(x, neighbours) - x[:, : neighbours.shape[1]]


def add_normed(x: Tensor, h: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """x + norm(h) of features; in training it updates norm's running statistics.

    Args:
        x: (..., C), contiguous.
        h: of the same shape.
        norm: over C.
    """
    if not compiled(x) or (norm.training and type(norm) is not nn.BatchNorm1d):  # that has statistics of its own
        return x + norm(h.flatten(0, -2)).view_as(x)
    if norm.training:
        mean, variance = torch.ops.nimba.moments(h.detach())
        update_running_statistics(norm, mean, variance, h.shape[:-1].numel())
    else:
        mean, variance = running_statistics(norm)
    return torch.ops.nimba.add_normed(x, h, norm.weight, norm.bias, mean, variance, norm.eps, norm.training)


def _highest_edge(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.tokens.edges_cpu import edges_forward  # numba is imported on first use

    edges, winner = edges_forward(x.contiguous().numpy(), neighbours.contiguous().numpy())
    return torch.from_numpy(edges), torch.from_numpy(winner)


def _highest_edge_backward(grad: Tensor, x: Tensor, neighbours: Tensor, winner: Tensor) -> list[Tensor]:
    from nimba.tokens.edges_cpu import edges_backward

    arrays = grad.numpy(), neighbours.contiguous().numpy(), winner.numpy()
    return [torch.from_numpy(edges_backward(*arrays, x.shape[1]))]


def _empty_edges(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    edges = x.new_empty(*neighbours.shape[:2], x.shape[2])
    return edges, torch.empty_like(edges, dtype=torch.uint8)


def _highest_edge_triton(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.tokens.edges_triton import edges_forward  # triton is imported on first use

    return edges_forward(x, neighbours)


def _highest_edge_triton_backward(grad: Tensor, x: Tensor, neighbours: Tensor, winner: Tensor) -> list[Tensor]:
    from nimba.tokens.edges_triton import edges_backward

    return [edges_backward(grad, neighbours, winner, x.shape[1])]


def _moments(h: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.tokens.edges_cpu import moments

    mean, variance = moments(_rows(h))
    return torch.from_numpy(mean), torch.from_numpy(variance)


def _add_normed(
    x: Tensor, h: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, eps: float, training: bool
) -> Tensor:
    from nimba.tokens.edges_cpu import add_normed

    factor = scale * torch.rsqrt(variance + eps)
    y = add_normed(_rows(x), _rows(h), factor.numpy(), (shift - mean * factor).numpy())
    return torch.from_numpy(y).view(x.shape)


def _add_normed_backward(
    grad: Tensor,
    h: Tensor,
    scale: Tensor,
    mean: Tensor,
    variance: Tensor,
    eps: float,
    training: bool,
) -> list[Tensor]:
    from nimba.tokens.edges_cpu import normed_backward

    arrays = scale.detach().numpy(), mean.numpy(), torch.rsqrt(variance + eps).numpy()
    dh, dscale, dshift = normed_backward(training, _rows(grad), _rows(h), *arrays)
    return [torch.from_numpy(dh).view(h.shape), torch.from_numpy(dscale), torch.from_numpy(dshift)]


def _rows(x: Tensor):  # type: ignore[no-untyped-def]
    """(..., C) -> an array (R, C)."""
    return x.detach().contiguous().view(-1, x.shape[-1]).numpy()


define_operator("highest_edge(Tensor x, Tensor neighbours) -> (Tensor, Tensor)", _highest_edge, _empty_edges)
define_operator(
    "highest_edge_backward(Tensor grad, Tensor x, Tensor neighbours, Tensor winner) -> Tensor[]",
    _highest_edge_backward,
    lambda grad, x, neighbours, winner: [x.new_empty(x.shape)],
)
define_gradient("highest_edge", torch.ops.nimba.highest_edge_backward, saved_outputs=[1])
define_operator(
    "highest_edge_triton(Tensor x, Tensor neighbours) -> (Tensor, Tensor)",
    _highest_edge_triton,
    _empty_edges,
    cpu_only=False,
)
define_operator(
    "highest_edge_triton_backward(Tensor grad, Tensor x, Tensor neighbours, Tensor winner) -> Tensor[]",
    _highest_edge_triton_backward,
    lambda grad, x, neighbours, winner: [x.new_empty(x.shape)],
    cpu_only=False,
)
define_gradient("highest_edge_triton", torch.ops.nimba.highest_edge_triton_backward, saved_outputs=[1])
define_operator(
    "moments(Tensor h) -> (Tensor, Tensor)", _moments, lambda h: (h.new_empty(h.shape[-1]), h.new_empty(h.shape[-1]))
)
define_operator(
    "add_normed(Tensor x, Tensor h, Tensor scale, Tensor shift, Tensor mean, Tensor variance, float eps, bool training)"
    " -> Tensor",
    _add_normed,
    lambda x, *_: x.new_empty(x.shape),
)
define_operator(
    "add_normed_backward(Tensor grad, Tensor h, Tensor scale, Tensor mean, Tensor variance, float eps, bool training)"
    " -> Tensor[]",
    _add_normed_backward,
    lambda grad, h, scale, *_: [h.new_empty(h.shape), scale.new_empty(scale.shape), scale.new_empty(scale.shape)],
)
define_gradient(
    "add_normed",
    lambda grad, x, h, scale, shift, *statistics: [
        grad,
        *torch.ops.nimba.add_normed_backward(grad, h, scale, *statistics),
    ],
)
