import json
from dataclasses import asdict

import pytest
import torch

import nimba
from nimba.classifier import ClassifierSpec, ModelSettings
from nimba.classifier.heads import POOLINGS
from nimba.classifier.pretrained import save_weights
from nimba.runtime.errors import InputError
from tests.clouds_to_try import NASTY, cloud, shuffled

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 3, "encoder_channels": (8, 8, 16), "d_state": 4}
SUPERVISED = {"pooling": "mean_max", "auxiliary_depths": [1, 2]}


def tiny(**settings):
    torch.manual_seed(0)
    return nimba.create_model("nimba_tiny", num_classes=5, **{**TINY, **settings}).eval()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_logits_do_not_depend_on_the_order_of_the_points_nor_on_batch_mates(pooling):
    model = tiny(pooling=pooling)
    with torch.no_grad():
        for kind in NASTY:
            points = cloud(kind, count=100)
            assert torch.equal(model(points), model(shuffled(points))), kind
        points = cloud("random", batch=4, count=100)
        mates = torch.cat([points[:1], points[1:] * 3 + 1])
        assert torch.equal(model(mates)[0], model(points)[0])


def test_poolings_read_what_they_say():
    features = torch.tensor([[[1.0, -2.0], [3.0, -4.0]]])
    assert POOLINGS["mean"](features).tolist() == [[2.0, -3.0]]
    assert POOLINGS["max"](features).tolist() == [[3.0, -2.0]]
    assert POOLINGS["mean_max"](features).tolist() == [[2.0, -3.0, 3.0, -2.0]]
    assert POOLINGS["max_mean_last"](features).tolist() == [[3.0, -2.0, 2.0, -3.0, 3.0, -4.0]]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_training_logits_are_the_final_ones_and_one_for_each_auxiliary_depth(pooling):
    model, points = tiny(pooling=pooling, auxiliary_depths=[1, 2]), cloud("random", count=100)
    with torch.no_grad():
        final, (first, second), coordinates = model.training_outputs(points)
        assert coordinates is None
        assert torch.equal(final, model(points))
        x = model.encoder(model.tokenize(points).patches)
        for block, head, expected in zip(model.blocks, model.auxiliary.values(), (first, second), strict=False):
            x = block(x)
            assert torch.equal(head.classify(POOLINGS[pooling](head.norm(x))), expected)


def test_all_parameters_learn_from_the_training_logits_and_only_the_final_ones_are_read_elsewhere():
    model, points = tiny(**SUPERVISED).train(), cloud("random", batch=4, count=100)
    outputs = model.training_outputs(points)
    sum(logits.square().sum() for logits in (outputs.logits, *outputs.auxiliary)).backward()
    for name, p in model.named_parameters():  # a bias in front of a BatchNorm has a gradient of zero
        assert p.grad is not None, name
        assert p.ndim == 1 or p.grad.any(), name
    model.zero_grad()
    model(points).square().sum().backward()
    assert all(p.grad is None for p in model.auxiliary.parameters())


def test_without_auxiliary_depths_training_logits_are_the_logits_alone():
    model, points = tiny(), cloud("random", count=100)
    outputs = model.training_outputs(points)
    assert outputs.auxiliary == []
    assert torch.equal(outputs.logits, model(points))


def test_settings_survive_a_file(tmp_path):
    model, points = tiny(**SUPERVISED), cloud("random", count=100)
    settings = json.loads(json.dumps(asdict(model.settings)))
    spec = ClassifierSpec("nimba_tiny", settings, list("abcde"), "unit_sphere", 64, nimba.__version__)
    save_weights(model, spec, tmp_path / "a.safetensors", dtype=torch.float32)
    loaded = nimba.load(tmp_path / "a.safetensors")
    assert loaded.settings == model.settings
    with torch.no_grad():
        assert torch.equal(loaded(points), model(points))


def test_settings_stored_before_there_were_heads_to_choose_build_the_mean():
    stored = asdict(ModelSettings())
    del stored["pooling"], stored["auxiliary_depths"]
    assert ModelSettings(**stored) == ModelSettings()
    assert (ModelSettings().pooling, ModelSettings().auxiliary_depths) == ("mean", ())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "maxx"}, "pooling: .* did you mean 'max'"),
        ({"auxiliary_depths": 2}, "auxiliary_depths: takes a list of whole numbers"),
        ({"auxiliary_depths": [0]}, "auxiliary_depths: takes a list of whole numbers"),
        ({"auxiliary_depths": [1.5]}, "auxiliary_depths: takes a list of whole numbers"),
        ({"auxiliary_depths": [3]}, "auxiliary_depths: must rise, and lie between 1 and 2"),
        ({"auxiliary_depths": [2, 1]}, "auxiliary_depths: must rise"),
        ({"auxiliary_depths": [1, 1]}, "auxiliary_depths: must rise"),
        ({"encoder_channels": "wide"}, "encoder_channels: takes a list"),
    ],
)
def test_wrong_choices_are_refused_in_one_line(settings, message):
    with pytest.raises(InputError, match=message) as caught:
        tiny(**settings)
    assert "\n" not in str(caught.value)
