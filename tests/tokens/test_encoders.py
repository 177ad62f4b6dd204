import copy

import pytest
import torch
from torch import nn

from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.runtime.compiled import without_compiled_kernels
from nimba.runtime.errors import InputError
from nimba.tokens import ENCODERS, create_encoder
from nimba.tokens.layers import ResidualMLP, linear_norm, relative_features
from nimba.tokens.neighbour_max import neighbour_max, neighbour_max_gathered, take_points
from nimba.tokens.surroundings import surroundings_of
from tests.clouds_to_try import cloud, shuffled, take

CHOICES = [
    ("pointnet", {"scales": (4, 8)}),
    ("residual", {}),
    ("residual", {"depth": 2, "normalise": True}),
    ("residual", {"scales": (4, 8)}),
    ("hierarchical", {}),
    ("hierarchical", {"depth": 2, "normalise": True, "scales": (3, 8)}),
]


def inputs_of(name: str, points: torch.Tensor) -> tuple:
    support = take(points, farthest_point_sampling(points, 24))
    centres = support[:, :10]
    if ENCODERS[name].local is not None:
        return k_nearest(support, centres, 8), surroundings_of(points, support, 6)
    members = k_nearest(points, centres, 8)
    return (take_points(points, members) - centres[:, :, None],)


def randomised(encoder: nn.Module) -> nn.Module:
    for module in encoder.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, -1, 1)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return encoder


def as_double(inputs: tuple) -> tuple:
    return tuple(
        type(x)(*as_double(tuple(x))) if isinstance(x, tuple) else x.double() if x.is_floating_point() else x
        for x in inputs
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "settings"), CHOICES)
def test_compiled_and_plain_layers_agree_forward_and_backward(name, settings, training):
    torch.manual_seed(0)
    encoder = randomised(create_encoder(name, 20, (8, 12, 16), **settings)).train(training)
    plain, inputs = copy.deepcopy(encoder).double(), inputs_of(name, cloud("random", batch=4, count=70))
    weights = torch.randn(4, 10, 20)

    result, expected = encoder(*inputs), plain(*as_double(inputs))
    assert result.shape == (4, 10, 20)
    (result * weights).sum().backward()
    (expected * weights.double()).sum().backward()

    torch.testing.assert_close(result.double(), expected, rtol=1e-3, atol=1e-3)
    for (key, ours), theirs in zip(encoder.named_parameters(), plain.parameters(), strict=True):
        assert ours.grad is not None, key
        assert ours.ndim == 1 or ours.grad.any(), key  # a bias in front of a BatchNorm has a gradient of zero
        torch.testing.assert_close(
            ours.grad.double(), theirs.grad, rtol=1e-2, atol=2e-3, msg=lambda m, k=key: f"{k}: {m}"
        )
    for ours, theirs in zip(encoder.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(ours.double(), theirs.double(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "settings"), CHOICES)
def test_other_norms_see_the_rows_themselves(name, settings):
    """A BatchNorm of another class, as processes that share their statistics have, is called on its rows."""

    class Counting(nn.BatchNorm1d):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return super().forward(x)

    encoder, inputs = create_encoder(name, 20, (8, 12, 16), **settings), inputs_of(name, cloud("random", count=70))
    expected = encoder(*inputs)
    norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm1d)]
    for norm in norms:
        norm.__class__ = Counting
    torch.testing.assert_close(encoder(*inputs), expected, rtol=1e-3, atol=1e-3)
    assert [norm.calls for norm in norms] == [1] * len(norms)


@pytest.mark.parametrize(("name", "settings"), CHOICES)
def test_tokens_do_not_depend_on_where_the_cloud_lies(name, settings):
    encoder, points = create_encoder(name, 20, (8, 12, 16), **settings).eval(), cloud("random", count=70)
    there = encoder(*inputs_of(name, points + torch.tensor([1.0, -2.0, 4.0])))
    torch.testing.assert_close(there, encoder(*inputs_of(name, points)), rtol=1e-3, atol=1e-4)


def test_an_unknown_encoder_is_refused():
    with pytest.raises(InputError, match="did you mean 'residual'"):
        create_encoder("residul", 8, (4, 4, 4))


@pytest.mark.parametrize("kind", ["random", "grid", "duplicates"])
def test_maximum_over_neighbours_equals_the_gathered_one(kind):
    points = cloud(kind, batch=3, count=40)
    neighbours = k_nearest(points, points[:, :15], 7)
    features = torch.randn(3, 40, 5, generator=torch.Generator().manual_seed(0))
    gradients, weights = [], torch.arange(75.0).view(15, 5)
    for maximum in (neighbour_max, neighbour_max_gathered):
        x = features.clone().requires_grad_()
        (maximum(x, neighbours) * weights).sum().backward()
        gradients.append(x.grad)
    assert torch.equal(neighbour_max(features, neighbours), neighbour_max_gathered(features, neighbours))
    torch.testing.assert_close(*gradients)
    with without_compiled_kernels():
        assert torch.equal(neighbour_max(features, neighbours), neighbour_max_gathered(features, neighbours))


def test_maximum_over_neighbours_is_a_proper_operator():
    x = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    neighbours = torch.randint(9, (2, 5, 4), generator=torch.Generator().manual_seed(1))
    checks = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")
    torch.library.opcheck(torch.ops.nimba.neighbour_max, (x, neighbours), test_utils=checks)


def test_a_residual_mlp_is_the_same_layer_by_layer():
    mlp, x = randomised(ResidualMLP(6, 10)).eval(), torch.randn(30, 6)
    expected = x + mlp.norm(mlp.narrow(mlp.widen(x).relu()))
    torch.testing.assert_close(mlp(x), expected, rtol=1e-4, atol=1e-5)
    folded = linear_norm(x, mlp.widen, norm := randomised(nn.BatchNorm1d(10)).eval())
    torch.testing.assert_close(folded, norm(mlp.widen(x)), rtol=1e-4, atol=1e-5)


def test_a_normalised_patch_keeps_its_form_and_tells_its_radius():
    patches = torch.randn(5, 9, 3)
    features = relative_features(patches, normalise=True)
    assert features.shape == (5, 9, 4)
    torch.testing.assert_close(features[..., :3].norm(dim=2).amax(1), torch.ones(5))
    torch.testing.assert_close(features[..., :3] * features[..., 3:], patches)
    assert torch.equal(features[:, 0, 3], shuffled(features)[:, 0, 3])
    assert relative_features(patches * 0, normalise=True).isfinite().all()  # all points of a patch at its centre
    assert relative_features(patches, normalise=False) is patches


def test_farthest_points_begin_with_the_farthest_fewer():
    """A cloud's centres are the first points of its support."""
    for kind in ("random", "grid", "duplicates"):
        points = cloud(kind)
        assert torch.equal(farthest_point_sampling(points, 40)[:, :12], farthest_point_sampling(points, 12))
