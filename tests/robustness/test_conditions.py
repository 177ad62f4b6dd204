"""The test conditions: what each changes, how far, and that the sweep trains with the same."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from jsonargparse import ArgumentParser
from torch_geometric.transforms import BaseTransform

import nimba
from nimba.clouds import normalise
from nimba.datasets.shapes import make_shape
from nimba.experiments.resolved import resolve
from nimba.experiments.sweep import read_sweep
from nimba.robustness.conditions import COMBINED, CONDITIONS, changed, transforms
from nimba.runtime.errors import InputError

SWEEP = read_sweep(Path(nimba.__file__).parents[1] / "configs" / "sweeps" / "robustness.yaml")


@pytest.fixture(scope="module")
def chair():
    return normalise(make_shape("chair", np.random.default_rng(0), 1024), "unit_sphere")


def turn_of(points, result):
    """The rotation (3, 3) that takes points to the result."""
    return np.linalg.lstsq(points.astype(np.float64), result.astype(np.float64), rcond=None)[0].T


def test_all_seven_combinations_clean_and_tilt():
    assert next(iter(CONDITIONS)) == "clean"
    assert {frozenset(changes) for changes in CONDITIONS.values()} == {
        frozenset(),
        *(frozenset({name}) for name in (*COMBINED, "tilt")),
        *(frozenset(COMBINED) - {name} for name in COMBINED),
        frozenset(COMBINED),
    }


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_repeatable_and_leaves_its_input(condition, chair):
    kept = chair.copy()
    one = changed(chair, condition, seed=0, number=3)
    assert one.shape == chair.shape
    assert one.dtype == np.float32
    assert (one == changed(chair, condition, seed=0, number=3)).all()
    assert (chair == kept).all()
    others = [changed(chair, condition, seed=1, number=3), changed(chair, condition, seed=0, number=4)]
    if condition == "clean":
        assert (one == chair).all()
    else:
        assert not any((one == other).all() for other in others)


def test_turn_keeps_up_and_takes_any_angle(chair):
    angles = []
    for number in range(200):
        turned = changed(chair, "turn", seed=0, number=number)
        np.testing.assert_array_equal(turned[:, 1], chair[:, 1])
        matrix = turn_of(chair, turned)
        angles.append(np.degrees(np.arctan2(matrix[0, 2], matrix[0, 0])))
    quarters = np.histogram(angles, bins=4, range=(-180, 180))[0]
    assert quarters.min() > 30
    assert max(b - a for a, b in pairwise(sorted(angles))) < 15


def test_tilt_is_small_and_about_all_axes(chair):
    whole = []
    for number in range(50):
        matrix = turn_of(chair, changed(chair, "tilt", seed=0, number=number))
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-5)
        whole.append(np.degrees(np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1))))
        assert abs(np.degrees(np.arcsin(matrix[2, 1]))) > 1e-6  # up does not stay
    assert max(whole) <= 3 * 15
    assert np.mean(whole) > 8


def test_jitter_has_pointnet_s_size(chair):
    moved = np.concatenate([changed(chair, "jitter", seed=0, number=number) - chair for number in range(20)])
    assert moved.std() == pytest.approx(0.01, rel=0.02)
    assert np.abs(moved).max() <= 0.05 + 1e-6


def test_dropout_replaces_any_share_up_to_seven_eighths(chair):
    shares = []
    for number in range(100):
        result = changed(chair, "dropout", seed=0, number=number)
        gone = (result != chair).any(1)
        assert (result[gone] == chair[0]).all()
        shares.append(gone.mean())
    assert max(shares) < 0.9
    assert np.mean(shares) == pytest.approx(0.4375, abs=0.07)


def test_combinations_draw_what_their_parts_draw(chair):
    turned = changed(chair, "turn", seed=0, number=5)
    both = changed(chair, "turn+jitter", seed=0, number=5)
    assert np.abs(both - turned).max() <= 0.05 + 1e-6
    dropped = (changed(chair, "dropout", seed=0, number=5) != chair).any(1)
    every = changed(chair, "turn+jitter+dropout", seed=0, number=5)
    np.testing.assert_array_equal(every[~dropped], both[~dropped])
    assert len(np.unique(every[dropped], axis=0)) == 1


def test_unknown_names_are_one_line(chair):
    with pytest.raises(InputError, match="condition 'fog': give one of clean, turn"):
        changed(chair, "fog", seed=0, number=0)
    with pytest.raises(InputError, match="change 'fog'"):
        transforms("fog")


def trained_with(variant):
    """The transforms of a variant's training, as jsonargparse makes them."""
    parser = ArgumentParser()
    parser.add_argument("--transforms", type=list[BaseTransform])
    config = resolve(variant.config)["data"]["init_args"]["transforms"]
    return [repr(made) for made in parser.instantiate(parser.parse_object({"transforms": config})).transforms]


def test_the_sweep_trains_with_what_is_tested():
    made = {variant.name: trained_with(variant) for variant in SWEEP.variants}
    base = made.pop("none")
    assert len(base) == 2
    tested = {change: repr(transforms(change)[0]) for change in COMBINED}
    assert made == {
        "rotation": [tested["turn"], *base],
        "jitter": [*base, tested["jitter"]],
        "dropout": [*base, tested["dropout"]],
        "all": [tested["turn"], *base, tested["jitter"], tested["dropout"]],
    }
