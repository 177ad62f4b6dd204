import pytest
import torch

from nimba.inference.familiarity import Familiarity
from nimba.runtime.errors import InputError

WIDTH, CLASSES = 6, 3


def clouds(count=400, seed=0):
    """Features of three classes around centres of their own, with one covariance."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (count,), generator=generator)
    mixing = torch.tensor([[1.0, 0.9, 0, 0, 0, 0], *torch.eye(WIDTH)[1:].tolist()])
    noise = torch.randn(count, WIDTH, generator=generator) @ mixing
    return noise + 5 * torch.eye(WIDTH)[labels], labels


@pytest.fixture
def familiarity():
    features, labels = clouds()
    return Familiarity.fit([features, 2 * features + 1], labels, CLASSES)


def test_distances_are_those_of_mahalanobis_to_the_nearest_class(familiarity):
    features, labels = clouds()
    means = torch.stack([features[labels == c].mean(0) for c in range(CLASSES)]).double()
    rest = features.double() - means[labels]
    precision = torch.linalg.inv(rest.T @ rest / len(rest))
    apart = features.double()[:20, None] - means
    squared = torch.einsum("bcd,de,bce->bc", apart, precision, apart).amin(1)
    found = familiarity.layers[0].distances(features[:20])
    torch.testing.assert_close(found, squared / familiarity.layers[0].median.double(), rtol=2e-3, atol=0)


def test_an_ordinary_cloud_is_at_one_and_a_strange_one_far_away(familiarity):
    features, _ = clouds(seed=1)
    assert 0.8 < familiarity.distances([features, 2 * features + 1]).median() < 1.25
    strange = features + 8 * torch.ones(WIDTH)
    assert familiarity.distances([strange, 2 * strange + 1]).min() > 5


def test_the_scale_of_features_does_not_matter(familiarity):
    features, _ = clouds(seed=2)
    first, second = (
        layer.distances(some) for layer, some in zip(familiarity.layers, [features, 2 * features + 1], strict=True)
    )
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)


def test_it_survives_a_file(familiarity):
    tensors = familiarity.to_tensors() | {"head.weight": torch.zeros(1)}
    again = Familiarity.take_from(tensors, CLASSES)
    assert list(tensors) == ["head.weight"]
    features, _ = clouds(count=10)
    both = [some.distances([features, features]) for some in (familiarity, again)]
    torch.testing.assert_close(*both, rtol=1e-4, atol=1e-4)
    assert Familiarity.take_from({}, CLASSES) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda parts: parts.pop("familiarity.0.means"),
        lambda parts: parts.update({"familiarity.0.means": torch.zeros(CLASSES, WIDTH + 1)}),
        lambda parts: parts.update({"familiarity.0.means": torch.zeros(CLASSES + 1, WIDTH)}),
        lambda parts: parts.update({"familiarity.1.whitener": torch.full((WIDTH, WIDTH), float("nan"))}),
        lambda parts: parts.update({"familiarity.1.median": torch.zeros(())}),
        lambda parts: parts.update({"familiarity.1.median": torch.ones((), dtype=torch.int64)}),
        lambda parts: parts.update({"familiarity.9.median": torch.ones(())}),
    ],
)
def test_a_damaged_one_is_refused(familiarity, damage):
    parts = familiarity.to_tensors()
    damage(parts)
    with pytest.raises(InputError, match="familiarity"):
        Familiarity.take_from(parts, CLASSES)


def test_features_of_another_network_are_refused(familiarity):
    familiarity.check([WIDTH, WIDTH])
    with pytest.raises(InputError, match=r"of features of \[6, 6\], the network has \[4, 6\]"):
        familiarity.check([4, WIDTH])


def test_too_few_clouds_or_features_that_are_not_finite(familiarity):
    with pytest.raises(InputError, match="two clouds or more"):
        Familiarity.fit([torch.zeros(1, 2)], torch.zeros(1, dtype=torch.long), 2)
    with pytest.raises(InputError, match="finite"):
        Familiarity.fit([torch.full((3, 2), float("inf"))], torch.zeros(3, dtype=torch.long), 2)


def test_a_class_without_clouds_is_no_obstacle():
    features, labels = clouds()
    assert torch.isfinite(Familiarity.fit([features], labels, CLASSES + 2).distances([features])).all()
