"""What is chosen from the data."""

import numpy as np
import pytest
import torch

from nimba.transfer.choose_start import rank_starts, spread
from nimba.transfer.facts import Facts
from nimba.transfer.features import held_out
from nimba.transfer.pace import epochs_in, seconds_per_cloud
from nimba.transfer.recipe import choose_recipe, validation_share
from nimba.transfer.request import Request


def facts(*counts: int, points: int = 1024) -> Facts:
    return Facts([f"class {i}" for i in range(len(counts))], np.array(counts), points)


def test_more_clouds_are_seen_fewer_times_in_larger_batches():
    few, many = (choose_recipe(facts(n, n), Request("x"), "nimba-small-modelnet40", 0.1) for n in (20, 3000))
    assert few.epochs > many.epochs
    assert few.batch_size < many.batch_size
    assert few.class_weights is None


def test_what_is_given_is_kept_to():
    request = Request("x", epochs=7, points=300, batch_size=5, lr=0.5, augment="light")
    recipe = choose_recipe(facts(20, 20), request, "none", 0.1)
    assert (recipe.epochs, recipe.points, recipe.batch_size, recipe.lr) == (7, 300, 5, 0.5)
    assert recipe.augmentation == "light"


def test_small_clouds_are_read_as_such():
    points = [choose_recipe(facts(9, 9, points=n), Request("x"), "none", 0).points for n in (200, 2000)]
    assert points == [512, 1024]


def test_rare_classes_count_more_where_classes_are_unbalanced():
    weights = choose_recipe(facts(90, 10), Request("x"), "none", 0).class_weights
    assert weights is not None
    assert weights[1] / weights[0] == pytest.approx(3, rel=0.01)
    assert 0.9 * weights[0] + 0.1 * weights[1] == pytest.approx(1, abs=0.01)


def test_few_clouds_are_all_learnt_from():
    assert validation_share(Request("x"), np.array([5] * 20), False) == 0
    assert validation_share(Request("x"), np.array([60] * 5), False) > 0
    assert validation_share(Request("x"), np.array([60] * 5), True) == 0
    assert validation_share(Request("x", val_fraction=0.3), np.array([5, 5]), False) == 0.3


def test_a_new_head_is_linear_and_the_same_classes_keep_theirs():
    import nimba

    names = nimba.load("nimba-small-modelnet40").spec.class_names
    other = choose_recipe(facts(9, 9), Request("x"), "nimba-small-modelnet40", 0)
    assert other.settings["head_channels"] == []
    same = choose_recipe(Facts(names, np.full(40, 9), 1024), Request("x"), "nimba-small-modelnet40", 0)
    assert same.rows == list(range(40))
    some = choose_recipe(Facts(["Night Stand", "chair"], np.array([9, 9]), 1024), Request("x"), "nimba-robust", 0)
    assert [names[row] for row in some.rows] == ["night_stand", "chair"]
    assert other.rows is None
    assert same.settings.get("head_channels") != []


def test_minutes_are_kept_to():
    assert epochs_in(10, 40, 1000, 0.01) == 40
    assert epochs_in(1, 40, 1000, 0.01) == 4
    assert epochs_in(0.01, 40, 1000, 0.01) == 1
    recipe = choose_recipe(facts(9, 9), Request("x", points=64, batch_size=4), "none", 0)
    assert 0 < seconds_per_cloud(recipe, 2) < 5


def test_held_out_clouds_are_judged_by_who_has_not_seen_them():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    noise = torch.as_tensor(rng.normal(size=(1, 60, 200))).float()  # that could be learnt by heart
    assert held_out(noise, labels, [str(i) for i in range(60)], 5, 0).accuracy < 0.6
    told = noise.clone()
    told[0, :, :100] += torch.as_tensor(5.0 * labels)[:, None]
    assert held_out(told, labels, [str(i) for i in range(60)], 5, 0).accuracy > 0.9
    twins = torch.cat([noise, noise], 1)  # each cloud is there twice: in one group it is of no help
    both = np.concatenate([labels, labels])
    alone = held_out(twins, both, [str(i) for i in range(120)], 5, 0)
    together = held_out(twins, both, [str(i % 60) for i in range(120)], 5, 0)
    assert alone.accuracy > together.accuracy + 0.2


def test_every_class_is_looked_at():
    labels = np.array([0] * 500 + [1] * 5 + [2] * 50)
    chosen = spread(labels, 60, 0)
    assert len(chosen) == 60
    assert (labels[chosen] == 1).sum() == 5
    assert abs((labels[chosen] == 0).sum() - (labels[chosen] == 2).sum()) <= 1


def test_all_weights_of_the_package_are_asked():
    from nimba.classifier.shipped import list_weights
    from nimba.datasets.shapes import make_shape

    clouds = [make_shape(name, np.random.default_rng([i]), 512) for i in range(5) for name in ("chair", "lamp")]
    ranked = rank_starts(clouds, np.arange(10) % 2, [str(i) for i in range(10)], ["a", "b"], 512, 0)
    assert sorted(one.weights for one in ranked) == list_weights()
    assert ranked[0].accuracy >= max(one.accuracy for one in ranked) - 0.2
