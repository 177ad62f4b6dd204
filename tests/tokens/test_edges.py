"""Edges to neighbours and normed sums: compiled and in plain torch."""

import copy

import pytest
import torch
from torch import nn

from nimba.geometry import k_nearest
from nimba.tokens.edges import add_normed, highest_edge
from nimba.tokens.neighbour_max import neighbour_max_gathered
from tests.clouds_to_try import cloud


@pytest.mark.parametrize("kind", ["random", "grid", "duplicates", "one"])
@pytest.mark.parametrize("channels", [1, 5, 32])
def test_the_highest_edge_equals_the_gathered_one_forward_and_backward(kind, channels):
    points = cloud(kind, count=40)
    neighbours = k_nearest(points, points[:, :15], 7)
    features = torch.randn(*points.shape[:2], channels, generator=torch.Generator().manual_seed(0))
    weights, gradients = torch.randn(*neighbours.shape[:2], channels), []
    for edges in (highest_edge, lambda x, near: neighbour_max_gathered(x, near) - x[:, : near.shape[1]]):
        x = features.clone().requires_grad_()
        result = edges(x, neighbours)
        (result * weights).sum().backward()
        gradients += [result.detach(), x.grad]
    assert torch.equal(gradients[0], gradients[2])
    torch.testing.assert_close(gradients[1], gradients[3])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(2, 1, 3), (3, 700, 7), (4, 600, 32)])
def test_a_normed_sum_is_batchnorm_and_a_sum(shape, training):
    norm = nn.BatchNorm1d(shape[2]).train(training)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.running_mean)
    plain = copy.deepcopy(norm).double()
    x, h, weights = torch.randn(*shape), torch.randn(*shape) * 3 + 5, torch.randn(*shape)
    ours = [x.clone().requires_grad_(), h.clone().requires_grad_()]
    theirs = [x.double().requires_grad_(), h.double().requires_grad_()]
    result = add_normed(*ours, norm)
    expected = theirs[0] + plain(theirs[1].flatten(0, 1)).view(shape)
    (result * weights).sum().backward()
    (expected * weights.double()).sum().backward()
    torch.testing.assert_close(result.double(), expected, rtol=1e-4, atol=1e-4)
    for mine, other in zip((*ours, *norm.parameters()), (*theirs, *plain.parameters()), strict=True):
        torch.testing.assert_close(mine.grad.double(), other.grad, rtol=1e-3, atol=1e-3)
    for mine, other in zip(norm.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine.double(), other.double(), rtol=1e-4, atol=1e-4)


def test_they_are_proper_operators():
    generator = torch.Generator().manual_seed(0)
    x, h = (torch.randn(2, 9, 3, generator=generator).requires_grad_() for _ in range(2))
    neighbours = torch.randint(9, (2, 5, 4), generator=generator)
    checks = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")
    torch.library.opcheck(torch.ops.nimba.highest_edge, (x, neighbours), test_utils=checks)
    scale, shift = (torch.rand(3, generator=generator).requires_grad_() for _ in range(2))
    mean, variance = torch.ops.nimba.moments(h.detach())
    arguments = (x, h, scale, shift, mean, variance, 1e-5, True)
    torch.library.opcheck(torch.ops.nimba.add_normed, arguments, test_utils=checks)
