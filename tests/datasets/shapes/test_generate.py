import numpy as np
import pytest

from nimba.datasets.shapes.generate import CLASS_NAMES, Variant, make_shape, make_split
from nimba.runtime.errors import InputError


@pytest.mark.parametrize("variant", ["clean", "scan"])
@pytest.mark.parametrize("name", CLASS_NAMES)
def test_every_class_gives_exactly_the_points_asked_for(name: str, variant: str) -> None:
    for seed in range(12):
        points = make_shape(name, np.random.default_rng(seed), 200, variant=variant)
        assert points.shape == (200, 3)
        assert points.dtype == np.float32
        assert np.isfinite(points).all()
        assert (np.ptp(points, axis=0) > 0.01).all()


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_specimens_stand_on_the_floor_and_vary(name: str) -> None:
    specimens = [make_shape(name, np.random.default_rng(seed), 2000) for seed in range(20)]
    assert all(0 <= points[:, 1].min() < 0.05 * np.ptp(points[:, 1]) for points in specimens)
    height_over_width = [np.ptp(points[:, 1]) / np.ptp(points[:, 0]) for points in specimens]
    assert max(height_over_width) > 1.5 * min(height_over_width)


def test_sample_is_a_function_of_seed_split_and_index() -> None:
    for variant in ("clean", "scan", "both"):
        first = list(make_split("train", 15, variant=variant, num_points=64))
        again = list(make_split("train", 30, variant=variant, num_points=64))[:15]
        for (points, label, name), (other, other_label, other_name) in zip(first, again, strict=True):
            assert np.array_equal(points, other)
            assert (label, name) == (other_label, other_name)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("clean", [0.523, 0.663, 1.35, 1.02, 0.853, 2.013, 1.056, 0.95, 1.451, 1.077, 1.091, 0.388]),
        ("scan", [0.81, 0.71, 0.673, 0.988, 1.221, 1.436, 0.881, 1.118, 0.923, 0.826, 0.732, 0.34]),
    ],
)
def test_samples_are_the_same_on_every_machine(variant: Variant, expected: list[float]) -> None:
    # Where this fails because the shapes were changed on purpose: raise GENERATOR_VERSION.
    samples = make_split("train", len(CLASS_NAMES), variant=variant, num_points=64)
    digests = [(points.astype(np.float64) @ [1, 2, 3]).mean() for points, _, _ in samples]
    assert digests == pytest.approx(expected, abs=1e-3)


def test_splits_and_seeds_share_no_sample() -> None:
    seen = [
        points[:1].tobytes()
        for split, seed in (("train", 0), ("test", 0), ("train", 1), ("test", 1))
        for points, _, _ in make_split(split, 48, num_points=8, data_seed=seed)
    ]
    assert len(set(seen)) == len(seen) == 4 * 48


def test_same_specimen_with_and_without_yaw() -> None:
    straight = make_shape("bench", np.random.default_rng(5), 100)
    turned = make_shape("bench", np.random.default_rng(5), 100, yaw=True)
    assert turned[:, 1] == pytest.approx(straight[:, 1], abs=1e-6)
    assert np.hypot(turned[:, 0], turned[:, 2]) == pytest.approx(np.hypot(straight[:, 0], straight[:, 2]), abs=1e-5)
    assert not np.allclose(np.abs(turned), np.abs(straight), atol=1e-2)


def test_labels_are_balanced_in_both_variants() -> None:
    samples = list(make_split("test", 48, variant="both", num_points=16))
    assert np.bincount([label for _, label, _ in samples]).tolist() == [4] * len(CLASS_NAMES)
    for variant in ("clean", "scan"):
        labels = [label for _, label, name in samples if name.endswith(variant)]
        assert np.bincount(labels).tolist() == [2] * len(CLASS_NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("val", 4), "split is 'val'"),
        (("train", 0), "train_size is 0"),
        (("train", 4, {"variant": "dirty"}), "variant is 'dirty'"),
        (("train", 4, {"data_seed": -1}), "data_seed is -1"),
    ],
)
def test_bad_split_is_named(arguments: tuple, message: str) -> None:
    options = arguments[2] if len(arguments) > 2 else {}
    with pytest.raises(InputError, match=message):
        make_split(*arguments[:2], **options)


@pytest.mark.parametrize(
    ("name", "num_points", "variant", "message"),
    [
        ("sofa", 64, "clean", "shape 'sofa': give one of airplane"),
        ("chair", 1, "clean", "num_points is 1"),
        ("chair", 64, "both", "variant is 'both'"),
    ],
)
def test_bad_shape_is_named(name: str, num_points: int, variant: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_shape(name, np.random.default_rng(0), num_points, variant=variant)
