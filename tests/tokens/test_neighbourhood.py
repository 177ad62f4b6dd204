"""The small PointNet of neighbourhoods: fused and layer by layer."""

import copy

import pytest
import torch
from torch import nn

from nimba.tokens.neighbourhood import NeighbourhoodEncoder

SIZES = [(1, 1, 3, (2, 3, 5)), (37, 16, 4, (8, 16, 32)), (600, 5, 3, (5, 7, 6))]


def encoder(inputs, channels, training):
    torch.manual_seed(0)
    made = NeighbourhoodEncoder(inputs, channels).train(training)
    for norm in (made.lift_norm, made.mix_norm):
        nn.init.uniform_(norm.weight, -1, 1)
        nn.init.normal_(norm.bias)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    return made


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("patches", "neighbours", "inputs", "channels"), SIZES)
def test_fused_and_layer_by_layer_agree_forward_and_backward(patches, neighbours, inputs, channels, training):
    ours = encoder(inputs, channels, training)
    plain = copy.deepcopy(ours).double()
    x = torch.randn(patches, neighbours, inputs) * 0.1
    x[..., -1] += 1
    if training and patches == 1:
        pytest.skip("a single row has no statistics")
    weights = torch.randn(patches, channels[2])
    result, expected = ours(x), plain.layer_by_layer(x.double())
    torch.testing.assert_close(result.double(), expected, rtol=1e-3, atol=1e-3)
    (result * weights).sum().backward()
    (expected * weights.double()).sum().backward()
    for (name, mine), theirs in zip(ours.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(
            mine.grad.double(), theirs.grad, rtol=1e-2, atol=1e-2, msg=lambda m, n=name: f"{n}: {m}"
        )
    for mine, theirs in zip(ours.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine.double(), theirs.double(), rtol=1e-3, atol=1e-4)
