"""Dense stages and the losses on them."""

import copy

import pytest
import torch
from torch import nn

from nimba.geometry import farthest_point_sampling
from nimba.geometry.pyramid import find_nearby, pyramid_of
from nimba.tokens.coordinates import CoordinateHeads
from nimba.tokens.dense import DenseEncoder
from tests.clouds_to_try import cloud
from tests.tokens.test_encoders import as_double, randomised

CHANNELS, DEPTHS = (8, 12, 16), (1, 2, 1)


def pyramid(kind="random", shift=0.0):
    points = cloud(kind, batch=4, count=70) + shift
    nearby = find_nearby(points, farthest_point_sampling(points, 30), (30, 20, 10), 6)
    return pyramid_of(points, nearby)


def encoder(training=False):
    torch.manual_seed(0)
    return randomised(DenseEncoder(20, CHANNELS, DEPTHS)).train(training)


@pytest.mark.parametrize("training", [True, False])
def test_compiled_and_plain_stages_agree_forward_and_backward(training):
    ours, inputs = encoder(training), pyramid()
    plain, weights = copy.deepcopy(ours).double(), torch.randn(4, 10, 20)
    result, expected = ours(inputs), plain(type(inputs)(*as_double(tuple(inputs)[:3]), inputs.tables))
    assert result.shape == (4, 10, 20)
    torch.testing.assert_close(result.double(), expected, rtol=1e-3, atol=1e-3)
    (result * weights).sum().backward()
    (expected * weights.double()).sum().backward()
    for (key, mine), theirs in zip(ours.named_parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None, key
        torch.testing.assert_close(
            mine.grad.double(), theirs.grad, rtol=1e-2, atol=5e-3, msg=lambda m, k=key: f"{k}: {m}"
        )
    for mine, theirs in zip(ours.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine.double(), theirs.double(), rtol=1e-3, atol=1e-4)


def test_norms_that_share_their_statistics_see_the_rows_themselves():
    """A BatchNorm of another class, as processes that share their statistics have, is called on its rows."""

    class Counting(nn.BatchNorm1d):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return super().forward(x)

    network, inputs = encoder(training=True), pyramid()
    expected = network(inputs)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
    for norm in norms:
        norm.__class__ = Counting
    torch.testing.assert_close(network(inputs), expected, rtol=1e-3, atol=1e-3)
    assert [norm.calls for norm in norms] == [1] * len(norms)


def test_tokens_do_not_depend_on_where_the_cloud_lies():
    network = encoder()
    there = network(pyramid(shift=torch.tensor([1.0, -2.0, 4.0])))
    torch.testing.assert_close(there, network(pyramid()), rtol=1e-3, atol=1e-3)


def test_residual_branches_start_at_zero():
    network = DenseEncoder(20, CHANNELS, DEPTHS)
    for stage in network.stages:
        for branch in (*stage.aggregations, *stage.mlps):
            assert not branch.norm.weight.any()
    x = torch.randn(4, 20, 12)
    assert torch.equal(network.stages[1].mlps[0](x), x)


def test_a_feature_that_is_the_place_itself_tells_the_neighbours_best():
    """The coordinate heads read differences of features, and only differences of places are asked for."""
    torch.manual_seed(0)
    seen = pyramid()
    heads = CoordinateHeads((3, 3, 3))
    places = [seen.points[:, : seen.size(stage)] for stage in range(3)]
    noise = [torch.randn_like(place) for place in places]
    losses = []
    for features in (places, [place + 5 for place in places], noise):
        made = copy.deepcopy(heads)
        optimizer = torch.optim.Adam(made.parameters(), 0.02)
        for _ in range(60):
            optimizer.zero_grad()
            loss = made(features, seen)
            loss.backward()
            optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[0] < 0.3 * losses[2]
    assert losses[1] < 0.3 * losses[2]
