import copy

import pytest
import torch

from nimba.classifier import ModelSettings, NimbaClassifier, create_model, load
from nimba.explain import token_contributions
from nimba.runtime.errors import InputError


@pytest.fixture(scope="module")
def model():
    return load()


@pytest.fixture(scope="module")
def points():
    cloud = torch.randn(3, 300, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.5, 0.2])
    return cloud / cloud.norm(dim=-1).amax(1)[:, None, None]


def gap(model, points, classes):
    """Logit of each cloud's class minus that of the average training cloud."""
    with torch.no_grad():
        logits, at_baseline = model(points), model.head[1:](model.head[1].running_mean[None])
        return (logits - at_baseline).gather(1, classes[:, None])[:, 0]


def test_values_sum_to_what_sets_the_logit_apart_from_the_baselines(model, points):
    values, classes = token_contributions(model, points)
    assert values.shape == (3, 64)
    assert torch.equal(classes, model(points).argmax(1))
    torch.testing.assert_close(values.sum(1), gap(model, points, classes), rtol=0.01, atol=0.01)


def test_any_class_can_be_explained(model, points):
    target = torch.tensor([0, 7, 39])
    values, classes = token_contributions(model, points, target)
    assert torch.equal(classes, target)
    torch.testing.assert_close(values.sum(1), gap(model, points, target), rtol=0.01, atol=0.01)


def test_a_linear_head_gives_each_token_its_own_share(points):
    torch.manual_seed(0)
    settings = ModelSettings(num_centres=16, patch_size=8, encoder_channels=(8, 16, 16), dim=16, depth=1)
    model = NimbaClassifier(5, settings).eval()
    model.head = torch.nn.Sequential(torch.nn.Linear(16, 9), torch.nn.BatchNorm1d(9), torch.nn.Linear(9, 5)).eval()
    model.head[1].running_mean.normal_()
    values, classes = token_contributions(model, points)
    with torch.no_grad():
        features = model.forward_features(model.tokenize(points))  # (B, G, dim)
        alone = model.head(features.flatten(0, 1)).unflatten(0, (3, 16))  # (B, G, classes): each token by itself
        expected = (alone - model.head[1:](model.head[1].running_mean[None])) / 16
    torch.testing.assert_close(values, expected[torch.arange(3), :, classes], rtol=1e-4, atol=1e-5)


def test_a_token_like_the_average_cloud_contributes_nothing(model, points):
    values, _ = token_contributions(model, points)
    changed = copy.deepcopy(model)
    with torch.no_grad():
        token = changed.forward_features(changed.tokenize(points))[0, 5]
        changed.head[1].running_mean.copy_(changed.head[0](token))
    assert values[0, 5].abs() > 1e-3
    assert token_contributions(changed, points)[0][0, 5].abs() < 1e-6


def test_a_cloud_is_explained_alike_in_any_batch(model, points):
    whole, _ = token_contributions(model, points)
    alone, _ = token_contributions(model, points[1:2])
    torch.testing.assert_close(whole[1:2], alone, rtol=1e-4, atol=1e-5)
    assert torch.equal(whole, token_contributions(model, points)[0])


def test_leaves_the_model_as_it_was(model, points):
    used = copy.deepcopy(model).train()
    used.norm.eval()  # a mode of its own
    before, modes = copy.deepcopy(used.state_dict()), [module.training for module in used.modules()]
    values, _ = token_contributions(used, points)
    assert torch.equal(values, token_contributions(model, points)[0])  # without dropout and statistics of the batch
    assert [module.training for module in used.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in used.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in used.parameters())
    assert not values.requires_grad


def test_works_where_gradients_are_off(model, points):
    expected, _ = token_contributions(model, points)
    with torch.inference_mode():
        assert torch.equal(token_contributions(model, points.clone())[0], expected)


@pytest.mark.parametrize(
    ("points", "target", "words"),
    [
        (torch.zeros(5, 3), None, r"\(B, N, 3\).*\(5, 3\)"),
        (torch.full((1, 5, 3), torch.nan), None, "not finite"),
        (torch.rand(2, 40, 3), torch.tensor([1]), r"shape \(2,\)"),
        (torch.rand(1, 40, 3), torch.tensor([40]), "0 to 39"),
    ],
)
def test_refuses_what_does_not_fit(model, points, target, words):
    with pytest.raises(InputError, match=words):
        token_contributions(model, points, target)


def test_refuses_a_model_that_does_not_pool_by_the_mean(points):
    other = create_model("nimba_tiny", num_classes=4, pooling="mean_max").eval()
    with pytest.raises(InputError, match="this model pools by mean_max"):
        token_contributions(other, points)
