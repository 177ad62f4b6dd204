import pytest
import torch
from torch import nn

import nimba
from nimba.classifier.network import NimbaClassifier
from nimba.runtime.errors import InputError
from tests.clouds_to_try import NASTY, cloud, shuffled

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 2, "encoder_channels": (8, 8, 16), "d_state": 4}


@pytest.fixture(scope="module")
def tiny() -> NimbaClassifier:
    torch.manual_seed(0)
    return nimba.create_model("nimba_tiny", num_classes=5, **TINY).eval()


@pytest.mark.parametrize(("settings", "parameters"), [({}, 12_246_952), ({"positional_embedding": True}, 12_297_000)])
def test_the_base_model_has_the_papers_size(settings, parameters):
    model = nimba.create_model("nimba_base", num_classes=40, **settings)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_the_large_model_has_twice_the_blocks():
    model = nimba.create_model("nimba_large")
    assert len(model.blocks) == 24
    assert sum(p.numel() for p in model.parameters()) == 12_246_952 + 12 * (964_608)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("nimba_tiny", 112_792),
        ("nimba_small", 588_584),
        ("nimba_light", 679_192),
        ("nimba_best", 12_298_552),
        ("nimba_dense_s", 1_285_744),
        ("nimba_dense_m", 1_805_120),
        ("nimba_dense_l", 2_452_176),
    ],
)
def test_the_other_models_have_the_sizes_that_they_are_known_by(name, parameters):
    model = nimba.create_model(name, num_classes=40)
    assert sum(p.numel() for p in model.parameters()) == parameters


@pytest.mark.parametrize("name", ["nimba_light", "nimba_best", "nimba_dense_s", "nimba_dense_m"])
def test_models_with_tokens_in_two_stages_do_not_depend_on_the_order_of_the_points(name):
    torch.manual_seed(0)
    model, points = nimba.create_model(name, depth=1).eval(), cloud("random", batch=2, count=600)
    with torch.no_grad():
        assert torch.equal(model(points), model(shuffled(points)))


@pytest.mark.parametrize("kind", NASTY)
def test_logits_do_not_depend_on_the_order_of_the_points_to_the_last_bit(tiny, kind):
    points = cloud(kind, count=100)
    with torch.no_grad():
        assert torch.equal(tiny(points), tiny(shuffled(points)))


def test_logits_do_not_depend_on_batch_mates(tiny):
    points = cloud("random", batch=6, count=100)
    with torch.no_grad():
        together = tiny(points)
        mates = points.clone()
        mates[1:] = mates[1:] * 3 + 1
        assert torch.equal(tiny(mates)[0], together[0])  # other mates: the same bits
        alone = torch.cat([tiny(one[None]) for one in points])
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-5)  # alone: matrices of other sizes round otherwise


def test_runs_are_deterministic(tiny):
    points = cloud("random", batch=4, count=100)
    gradients = []
    for _ in range(2):
        tiny.zero_grad()
        tiny(points).square().sum().backward()
        gradients.append([p.grad.clone() for p in tiny.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("order", ["nimba", "axis", "random", "morton", "hilbert"])
def test_every_order_can_be_read(order):
    model = nimba.create_model("nimba_tiny", num_classes=3, **TINY, order=order).eval()
    assert model(cloud("random", count=50)).shape == (3, 3)


def test_tokens_run_along_the_path(tiny):
    points = cloud("random", count=100)
    tokens = tiny.tokenize(points)
    assert tokens.centres.shape == (3, 12, 3)
    assert tokens.patches.shape == (3, 12, 8, 3)
    assert torch.equal(tokens.patches[:, :, 0], torch.zeros(3, 12, 3))  # the nearest to a centre is itself
    assert torch.equal(nimba.serialization.serialize(tokens.centres), torch.arange(12).expand(3, 12))


def test_training_and_evaluation_handle_few_points(tiny):
    for kind in ("one", "two", "duplicates"):
        assert tiny(cloud(kind)).isfinite().all()


def test_weight_decay_spares_what_it_must(tiny):
    spared = tiny.no_weight_decay()
    for name, parameter in tiny.named_parameters():
        must = name.endswith(("A_log", ".D", "bias")) or "norm" in name or parameter.ndim <= 1
        assert (name in spared) == must, name


def test_drop_path_is_constant_over_depth():
    model = nimba.create_model("nimba_tiny", **TINY, drop_path=0.3)
    assert [block.drop_path.drop_prob for block in model.blocks] == [0.3, 0.3]
    assert isinstance(nimba.create_model("nimba_tiny", **TINY).blocks[0].drop_path, nn.Identity)


def test_names_and_settings_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="did you mean 'nimba_base'"):
        nimba.create_model("nimba_bas")
    with pytest.raises(InputError, match="did you mean 'depth'"):
        nimba.create_model("nimba_tiny", dept=3)
    with pytest.raises(InputError, match="order"):
        nimba.create_model("nimba_tiny", order="zigzag")
    with pytest.raises(InputError, match="drop_path"):
        nimba.create_model("nimba_tiny", drop_path=1.5)


def test_list_models():
    names = [
        "nimba_base",
        "nimba_best",
        "nimba_dense_l",
        "nimba_dense_m",
        "nimba_dense_s",
        "nimba_large",
        "nimba_light",
        "nimba_small",
        "nimba_tiny",
        "pointmamba",
        "pointmamba_axes",
    ]
    assert nimba.list_models() == names
    assert nimba.list_models("*ti*") == ["nimba_tiny"]
