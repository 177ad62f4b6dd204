import pytest
import torch

import nimba
from nimba.runtime.errors import InputError


def clouds(count=3):
    return torch.randn(count, 200, 3, generator=torch.Generator().manual_seed(0)) * 0.4


@pytest.mark.parametrize("name", ["nimba_tiny", "nimba_dense_s"])
def test_widths_are_those_of_what_comes_out(name):
    model = nimba.create_model(name, num_classes=7).eval()
    points = clouds()
    with torch.no_grad():
        features = model.forward_features(points)
        hidden = model.forward_head(features, pre_logits=True)
        assert features.shape[2] == model.num_features
        assert hidden.shape == (3, model.head_hidden_size)
        assert torch.equal(model.get_classifier()(hidden), model(points))
        assert torch.equal(model.forward_features(model.tokenize(points)), features)


def test_another_head_leaves_the_rest_and_forgets_the_classes():
    model = nimba.load("nimba-small-modelnet40")
    points = clouds()
    with torch.no_grad():
        before = model.forward_head(model.forward_features(points), pre_logits=True)
        model.reset_classifier(5)
        assert model(points).shape == (3, 5)
        assert torch.equal(model.forward_head(model.forward_features(points), pre_logits=True), before)
        assert model.num_classes == 5
        assert model.spec is None
        assert model.familiarity is None
        model.reset_classifier(0)
        assert torch.equal(model(points), before)


def test_heads_that_only_train_get_the_new_classes_too():
    model = nimba.create_model("nimba_tiny", num_classes=7, auxiliary_depths=[1, 2], pooling="mean_max")
    model.reset_classifier(4)
    outputs = model.training_outputs(clouds())
    assert outputs.logits.shape == (3, 4)
    assert [logits.shape for logits in outputs.auxiliary] == [(3, 4)] * 2
    with pytest.raises(InputError, match="num_classes: must be at least 0, got -1"):
        model.reset_classifier(-1)


def test_bad_points_are_refused_by_features_too():
    with pytest.raises(InputError, match="points"):
        nimba.create_model("nimba_tiny").forward_features(torch.zeros(2, 10, 2))


def test_what_there_is_to_know_of_a_network():
    found = nimba.info("nimba_dense_s")
    assert found.parameters == sum(p.numel() for p in nimba.create_model("nimba_dense_s").parameters())
    assert found.settings["encoder"] == "dense"
    assert (found.file, found.card, found.class_names) == (None, None, ())


@pytest.mark.parametrize("name", nimba.list_models(pretrained=True))
def test_what_there_is_to_know_of_weights(name):
    found, model = nimba.info(name), nimba.load(name)
    assert found.model == model.spec.model
    assert found.parameters == sum(p.numel() for p in model.parameters())
    assert list(found.class_names) == model.spec.class_names
    assert found.calibrated
    assert found.num_points == 1024
    assert found.bytes == found.file.stat().st_size <= 8 << 20
    assert found.card.startswith(f"# {name}")


def test_names_of_weights_and_a_misspelt_one():
    assert nimba.list_models("*robust*", pretrained=True) == ["nimba-robust"]
    assert "nimba-robust" not in nimba.list_models()
    with pytest.raises(InputError, match="nimba-robust"):
        nimba.info("nimba-robus")
