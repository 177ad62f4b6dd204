"""Maximum over neighbours: what each point hears from those around it."""

import torch
from torch import Tensor

from nimba.runtime.operators import arrays, define_gradient, define_operator
from nimba.tokens.pointwise import compiled


def neighbour_max(x: Tensor, neighbours: Tensor) -> Tensor:
    """Maximum of each channel over the features of neighbours; the first of equal ones receives the gradient.

    Args:
        x: (B, M, C).
        neighbours: (B, G, K) int64, indices into the M points.

    Returns:
        (B, G, C)
    """
    if compiled(x):
        return torch.ops.nimba.neighbour_max(x, neighbours)[0]
    return neighbour_max_gathered(x, neighbours)


def neighbour_max_gathered(x: Tensor, neighbours: Tensor) -> Tensor:
    """The readable reference, and the version for other devices: it holds all neighbours' features at once."""
    return take_points(x, neighbours).max(2).values


def take_points(x: Tensor, indices: Tensor) -> Tensor:
    """Rows of each cloud: (B, M, C), (B, G, K) -> (B, G, K, C)."""
    B, M, C = x.shape
    rows = torch.arange(B, device=x.device)[:, None, None] * M + indices  # (B, G, K) of the flattened clouds
    # An embedding's gradient is added up row by row, in a fixed order on a CPU; that of indexing is sorted first.
    return torch.nn.functional.embedding(rows, x.reshape(B * M, C))  # (B, G, K, C)


def _neighbour_max(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    """The maximum, and which neighbour has it: 2 x (B, G, C)."""
    from nimba.tokens.neighbour_max_cpu import forward  # numba is imported on first use

    highest, winner = _empty(x, neighbours)
    forward(*arrays((x.contiguous(), neighbours.contiguous(), highest, winner)))
    return highest, winner


def _neighbour_max_backward(grad: Tensor, x: Tensor, neighbours: Tensor, winner: Tensor) -> list[Tensor]:
    from nimba.tokens.neighbour_max_cpu import backward

    slopes, places, who = arrays((grad, neighbours.contiguous(), winner))
    return [torch.from_numpy(backward(slopes, places, who, x.shape[1]))]


def _empty(x: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
    highest = x.new_empty(x.shape[0], neighbours.shape[1], x.shape[2])
    return highest, torch.empty_like(highest, dtype=torch.int16)


define_operator("neighbour_max(Tensor x, Tensor neighbours) -> (Tensor, Tensor)", _neighbour_max, _empty)
define_operator(
    "neighbour_max_backward(Tensor grad, Tensor x, Tensor neighbours, Tensor winner) -> Tensor[]",
    _neighbour_max_backward,
    lambda grad, x, neighbours, winner: [x.new_empty(x.shape)],
)
define_gradient("neighbour_max", torch.ops.nimba.neighbour_max_backward, saved_outputs=[1])
