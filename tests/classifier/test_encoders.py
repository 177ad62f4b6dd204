import json
from dataclasses import asdict

import pytest
import torch

import nimba
from nimba.classifier import ClassifierSpec, ModelSettings
from nimba.classifier.pretrained import save_weights
from nimba.runtime.errors import InputError
from tests.clouds_to_try import NASTY, cloud, shuffled

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 2, "encoder_channels": (8, 8, 16), "d_state": 4}
CHOICES = [
    {"scales": [4, 8, 12]},
    {"encoder": "residual", "normalise_patches": True},
    {"encoder": "hierarchical", "support": 32, "neighbours": 6},
    {"encoder": "hierarchical", "support": 32, "neighbours": 6, "scales": [4, 8], "normalise_patches": True},
    {"encoder": "dense", "stages": [40, 20], "neighbours": 6},
    {"token_neighbours": 4, "readout": 24, "pooling": "max_mean_last", "head_channels": [16]},
    {"order": "hilbert_both", "bits": None, "order_indicator": True, "final_norms": 1, "positional_embedding": True},
]
NEW = (
    *("encoder", "encoder_depth", "normalise_patches", "scales", "support", "neighbours"),
    *("stages", "coordinate_heads", "token_neighbours", "readout"),
    *("order_indicator", "final_norms"),
)


def tiny(**settings):
    torch.manual_seed(0)
    return nimba.create_model("nimba_tiny", num_classes=5, **{**TINY, **settings}).eval()


@pytest.mark.parametrize("settings", CHOICES)
def test_logits_do_not_depend_on_the_order_of_the_points_to_the_last_bit(settings):
    model = tiny(**settings)
    for kind in NASTY:
        points = cloud(kind, count=100)
        with torch.no_grad():
            logits = model(points)
            assert torch.equal(logits, model(shuffled(points))), kind
            assert logits.isfinite().all(), kind


@pytest.mark.parametrize("settings", CHOICES)
def test_logits_do_not_depend_on_batch_mates(settings):
    model, points = tiny(**settings), cloud("random", batch=4, count=100)
    mates = torch.cat([points[:1], points[1:] * 3 + 1])
    with torch.no_grad():
        assert torch.equal(model(mates)[0], model(points)[0])
        alone = torch.cat([model(one[None]) for one in points])
        torch.testing.assert_close(alone, model(points), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("settings", CHOICES)
def test_all_parameters_learn_deterministically(settings):
    points, gradients = cloud("random", batch=4, count=100), []
    for _ in range(2):
        model = tiny(**settings, head_dropout=0.0).train()
        for norm in model.modules():
            if isinstance(norm, torch.nn.BatchNorm1d):  # one whose gain is zero hides what is before it
                torch.nn.init.ones_(norm.weight)
        model(points).square().sum().backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    for name, gradient in gradients[0].items():
        assert gradient is not None, name
        assert gradient.ndim == 1 or gradient.any(), name
        assert torch.equal(gradient, gradients[1][name]), name


@pytest.mark.parametrize("settings", CHOICES)
def test_weight_decay_spares_norms_and_biases(settings):
    model = tiny(**settings)
    assert {name for name, p in model.named_parameters() if p.ndim <= 1} <= model.no_weight_decay()


@pytest.mark.parametrize("settings", CHOICES)
def test_a_path_with_copies_repeats_its_tokens(settings):
    ours = {"order": "three_axes", "order_indicator": False}  # which tells the copies apart
    model, points = tiny(**{**settings, **ours}), cloud("random", count=100)
    with torch.no_grad():
        tokens = model.tokenize(points)
        embedded = model._embed(tokens)
        along = embedded.gather(
            1, tokens.order.argsort(dim=1, stable=True)[..., None].expand(-1, -1, 16)
        )  # (B, 3 G, dim)
        assert tokens.patches.shape[1] == 36
        assert torch.equal(along[:, 0::3], along[:, 1::3])
        assert torch.equal(along[:, 0::3], along[:, 2::3])
        assert torch.equal(model(points), model(shuffled(points)))


@pytest.mark.parametrize("settings", CHOICES)
def test_a_network_is_exported_whole(settings):
    model, points = tiny(**settings), cloud("random", batch=3, count=100)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(model, (points,), dynamic_shapes={"points": {0: batch}})
    other = cloud("random", batch=5, count=100, seed=1)
    assert torch.equal(program.module()(other), model(other))


@pytest.mark.parametrize("settings", CHOICES)
def test_settings_survive_files(settings, tmp_path):
    model, points = tiny(**settings), cloud("random", count=100)
    stored = json.loads(json.dumps(asdict(model.settings)))
    spec = ClassifierSpec("nimba_tiny", stored, list("abcde"), "unit_sphere", 64, nimba.__version__)
    save_weights(model, spec, tmp_path / "a.safetensors", dtype=torch.float32)
    state = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    torch.save({"nimba": spec.to_dict(), "state_dict": state}, tmp_path / "last.ckpt")
    for name in ("a.safetensors", "last.ckpt"):
        loaded = nimba.load(tmp_path / name)
        assert loaded.settings == model.settings
        with torch.no_grad():
            assert torch.equal(loaded(points), model(points))


def test_settings_stored_before_there_were_encoders_to_choose_build_the_papers():
    stored = asdict(ModelSettings())
    for name in NEW:
        del stored[name]
    assert ModelSettings(**stored) == ModelSettings()
    assert type(tiny().encoder) is nimba.tokens.PatchEncoder


def test_patches_of_a_support_are_its_points():
    model, points = tiny(encoder="hierarchical", support=32, neighbours=6), cloud("random", count=100)
    tokens = model.tokenize(points)
    support = tokens.surroundings.support
    assert support.shape == (3, 32, 3)
    assert tokens.surroundings.neighbourhoods.shape == (3, 32, 6, 3)
    for cloud_support, members, patches, centres in zip(
        support, tokens.members, tokens.patches, tokens.centres, strict=True
    ):
        assert torch.equal(cloud_support[members] - centres[:, None], patches)
    small = model.tokenize(points[:, :20])  # a support has no more points than its cloud
    assert small.surroundings.support.shape == (3, 20, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "pointnett"}, "encoder: .* did you mean 'pointnet'"),
        ({"encoder_depth": 0}, "encoder_depth: must be at least 1"),
        ({"support": 0}, "support: must be at least 1"),
        ({"neighbours": 0}, "neighbours: must be at least 1"),
        ({"encoder": "hierarchical", "support": 11}, "support: must be at least num_centres, 12"),
        ({"normalise_patches": True}, "normalise_patches: the encoder 'pointnet' does not"),
        ({"scales": 12}, "scales: takes a list of whole numbers"),
        ({"scales": [0, 8]}, "scales: takes a list of whole numbers"),
        ({"scales": [8]}, "scales: must be two patch sizes or more"),
        ({"scales": [8, 4]}, "scales: must be two patch sizes or more"),
        ({"encoder": "dense", "stages": [40, 11]}, "stages: takes two numbers of points that fall to num_centres, 12"),
        ({"encoder": "dense", "stages": [20, 40]}, "stages: takes two numbers of points"),
        ({"encoder": "dense", "stages": [20]}, "stages: takes two numbers of points"),
        ({"encoder": "dense", "scales": [4, 8]}, "scales: the encoder 'dense' has no patches"),
        ({"encoder": "dense", "normalise_patches": True}, "normalise_patches: the encoder 'dense' has no patches"),
        ({"coordinate_heads": True}, "coordinate_heads: only the encoder 'dense'"),
        ({"token_neighbours": -1}, "token_neighbours: must be at least 0"),
        ({"head_channels": [16, 16, 16]}, "head_channels two at most"),
    ],
)
def test_wrong_choices_are_refused_in_one_line(settings, message):
    with pytest.raises(InputError, match=message) as caught:
        tiny(**settings)
    assert "\n" not in str(caught.value)
