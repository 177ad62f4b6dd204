"""What every compiled operator with a gradient owes its callers: no silent second derivative, no hold on memory."""

import pytest
import torch
from torch import nn

from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.gate import silu_gate
from nimba.mixers.step_size import step_size
from nimba.scan import selective_scan
from nimba.tokens.neighbour_max import neighbour_max
from nimba.tokens.pointwise import max_over_points, project_max


def draw(*size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(0))


def scanned(x):
    return selective_scan(x, x.abs(), -torch.ones(16, 2), draw(2, 6, 2), draw(2, 6, 2), torch.ones(16))


OPERATORS = {
    "selective_scan": scanned,
    "causal_conv_silu": lambda x: causal_conv_silu(x, draw(16, 1, 4), draw(16)),
    "silu_gate": lambda x: silu_gate(x, draw(2, 6, 16)),
    "step_size": lambda x: step_size(x, draw(16)),
    "neighbour_max": lambda x: neighbour_max(x, torch.tensor([[[0, 3], [5, 2]]] * 2)),
    "max_over_points": max_over_points,
    "project_max": lambda x: project_max(x, draw(2, 16), nn.BatchNorm1d(16), nn.Linear(16, 3)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_a_second_derivative_is_refused_and_not_none(name):
    x = draw(2, 6, 16).requires_grad_()
    (gradient,) = torch.autograd.grad(OPERATORS[name](x).sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match=f"second derivatives: .*{name}"):
        gradient.square().sum().backward()


@pytest.mark.parametrize("name", OPERATORS)
def test_memory_can_be_freed_under_a_tensor_afterwards(name):
    """FSDP frees the weights of a block between its forward and its backward pass."""
    x = draw(2, 6, 16).requires_grad_()
    OPERATORS[name](x).sum().backward()
    x.untyped_storage().resize_(0)
