from dataclasses import asdict

import pytest
import torch

import nimba
from nimba.classifier import ModelSettings
from nimba.geometry import farthest_point_sampling
from nimba.mixers import MIXERS
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, serialize
from tests.clouds_to_try import NASTY, cloud, shuffled, take

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 2, "encoder_channels": (8, 8, 16), "head_dim": 8}
COPYING = [name for name, order in ORDERS.items() if order.copies > 1]


def tiny(**settings):
    torch.manual_seed(0)
    return nimba.create_model("nimba_tiny", num_classes=5, **{**TINY, **settings}).eval()


@pytest.mark.parametrize("mixer", MIXERS)
def test_logits_do_not_depend_on_the_order_of_the_points_to_the_last_bit(mixer):
    model = tiny(mixer=mixer)
    for kind in NASTY:
        points = cloud(kind, count=100)
        with torch.no_grad():
            assert torch.equal(model(points), model(shuffled(points))), kind


@pytest.mark.parametrize("mixer", MIXERS)
def test_logits_do_not_depend_on_batch_mates(mixer):
    model, points = tiny(mixer=mixer), cloud("random", batch=4, count=100)
    mates = points.clone()
    mates[1:] = mates[1:] * 3 + 1
    with torch.no_grad():
        assert torch.equal(model(mates)[0], model(points)[0])


@pytest.mark.parametrize("mixer", MIXERS)
def test_weight_decay_spares_what_it_must(mixer):
    model = tiny(mixer=mixer)
    spared = model.no_weight_decay()
    for name, parameter in model.named_parameters():
        state = name.endswith(("A_log", "A_b_log", ".D", ".D_b", "bias"))
        assert (name in spared) == (state or "norm" in name or parameter.ndim <= 1), name


@pytest.mark.parametrize("mixer", MIXERS)
@pytest.mark.parametrize("variant", ["nimba_tiny", "nimba_small", "nimba_base"])
def test_every_variant_takes_every_mixer(variant, mixer):
    model = nimba.create_model(variant, depth=1, mixer=mixer)
    assert type(model.blocks[0].mixer) is MIXERS[mixer].build


def test_only_attention_does_not_care_for_the_path():
    points = cloud("random", count=100)
    for mixer in MIXERS:
        with torch.no_grad():
            along, mixed = (tiny(mixer=mixer, order=order)(points) for order in ("nimba", "random"))
        assert torch.allclose(along, mixed, atol=1e-5) == (mixer == "attention"), mixer


def test_settings_stored_before_mixers_build_mamba():
    stored = asdict(ModelSettings())
    del stored["mixer"], stored["head_dim"]
    assert ModelSettings(**stored) == ModelSettings()
    assert ModelSettings().mixer == "mamba"


def test_wrong_choices_are_refused():
    with pytest.raises(InputError, match="did you mean 'bidirectional'"):
        tiny(mixer="bidirectionl")
    with pytest.raises(InputError, match="head_dim: heads of 7 do not divide"):
        tiny(mixer="attention", head_dim=7)
    with pytest.raises(InputError, match="head_dim: must be at least 1"):
        tiny(head_dim=0)
    with pytest.raises(InputError, match="bits"):
        tiny(bits=0)


@pytest.mark.parametrize("order", ["morton", "traverse_xyz", "octree"])
def test_bits_may_be_the_orders_own(order):
    points = cloud("random", count=100)
    tokens = tiny(order=order, bits=None).tokenize(points)
    centres = take(points, farthest_point_sampling(points, 12))
    assert torch.equal(tokens.order, serialize(centres, order))


@pytest.mark.parametrize("order", COPYING)
def test_a_path_with_copies_repeats_its_tokens(order):
    model, points = tiny(order=order), cloud("random", count=100)
    tokens = model.tokenize(points)
    length = 12 * ORDERS[order].copies
    assert tokens.centres.shape == (3, length, 3)
    assert tokens.patches.shape == (3, length, 8, 3)
    centres = take(points, farthest_point_sampling(points, 12))
    assert torch.equal(tokens.centres, take(centres, tokens.order))
    with torch.no_grad():
        x = model.encoder(tokens.patches)
        for block in model.blocks:
            x = block(x)
        torch.testing.assert_close(model.forward_features(tokens), model.norm(x))


@pytest.mark.parametrize("order", COPYING)
@pytest.mark.parametrize("kind", NASTY)
def test_copies_do_not_let_the_order_of_the_points_in(order, kind):
    model, points = tiny(order=order), cloud(kind, count=100)
    with torch.no_grad():
        assert torch.equal(model(points), model(shuffled(points)))


@pytest.mark.parametrize("order", COPYING)
def test_each_patch_is_encoded_once(order):
    model, points = tiny(order=order), cloud("random", count=100)
    encoded = []
    model.encoder.register_forward_hook(lambda _, inputs, __: encoded.append(inputs[0]))
    with torch.no_grad():
        tokens = model.tokenize(points)
        model.forward_features(tokens)
    assert [patches.shape for patches in encoded] == [(3, 12, 8, 3)]
    for cloud_patches, path, path_order in zip(encoded[0], tokens.patches, tokens.order, strict=True):
        assert torch.equal(cloud_patches[path_order], path)


@pytest.mark.parametrize("order", COPYING)
def test_copies_learn_deterministically(order):
    points, gradients = cloud("random", batch=4, count=100), []
    for _ in range(2):
        model = tiny(order=order, head_dropout=0.0).train()
        model(points).square().sum().backward()
        gradients.append([p.grad for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
