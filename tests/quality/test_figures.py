from dataclasses import asdict

import numpy as np
import pytest

from nimba.quality import NamedOrder, OrderFigures, compare, measure, measure_batch
from nimba.quality.figures import figure_names
from nimba.quality.stability import KINDS
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, inverse, serialize
from nimba.serialization.settings import OrderSettings
from tests.clouds_to_try import NASTY, cloud


def line(count=40):
    points = np.zeros((count, 3), np.float32)
    points[:, 1] = np.arange(count)
    return points


def test_figures_of_a_line_by_hand():
    figures = measure(line(10) * 2, NamedOrder("", "axis", OrderSettings(r=2.0)), k=2, windows=(1, 2))
    assert (figures.mean_step, figures.median_step, figures.max_step, figures.length) == (2, 2, 2, 18)
    assert figures.jump_share == 1.0  # r itself is too long
    assert figures.length_over_short == 1.0
    assert figures.within == {1: pytest.approx(18 / 20), 2: 1.0}
    assert figures.kept["jitter"] == 1.0
    assert tuple(figures.kept) == KINDS


@pytest.mark.parametrize("order", ORDERS)
def test_figures_of_every_order(order):
    points = cloud("random", batch=1, count=80)[0].numpy()
    figures = measure(points, NamedOrder(order, order))
    assert all(0 <= share <= 1 for share in (*figures.kept.values(), *figures.within.values(), figures.jump_share))
    assert figures.length_over_short >= 0.99
    assert figures.max_step >= figures.median_step
    near = list(figures.within.values())
    assert near == sorted(near)


@pytest.mark.parametrize("order", ["nimba", "hilbert", "three_axes"])
@pytest.mark.parametrize("kind", NASTY)
def test_the_order_that_points_come_in_does_not_matter(kind, order):
    points = cloud(kind, batch=1)[0].numpy()
    shuffled = points[np.random.default_rng(0).permutation(len(points))]
    assert measure(shuffled, NamedOrder("", order)) == measure(points, NamedOrder("", order))


@pytest.mark.parametrize("order", ORDERS)
def test_a_cloud_has_the_same_figures_in_a_batch_and_alone(order):
    clouds = cloud("random", count=50).numpy()
    together = measure_batch(clouds, [NamedOrder("", order)])[0]
    alone = [measure_batch(one[None], [NamedOrder("", order)])[0, 0] for one in clouds]
    np.testing.assert_array_equal(together, alone)


def test_rows_have_the_figures_by_their_names():
    points = cloud("random", batch=1)[0].numpy()
    figures = asdict(measure(points, NamedOrder("", "nimba")))
    row = dict(zip(figure_names(), measure_batch(points[None], [NamedOrder("", "nimba")])[0, 0], strict=True))
    flat = {f"within_{w}": share for w, share in figures.pop("within").items()}
    flat |= {f"kept_{kind}": share for kind, share in figures.pop("kept").items()}
    assert row == figures | flat


@pytest.mark.parametrize("order", ["nimba", "three_axes"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_tiny_clouds_have_figures(count, order):
    figures = measure(line(count), NamedOrder("", order))
    assert np.isfinite([*figures.within.values(), *figures.kept.values(), figures.length_over_short]).all()


def test_a_lone_point_has_nothing_to_lose():
    share = dict.fromkeys((4, 8, 16, 32, 64), 1.0)
    assert measure(line(1), NamedOrder("", "nimba")) == OrderFigures(0, 0, 0, 0, 0, 1, share, dict.fromkeys(KINDS, 1.0))


def test_locality_is_that_of_all_pairs():
    points = cloud("random", batch=1, count=50)[0].numpy()
    places = inverse(serialize(points, "hilbert"))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(1)[:, :8]
    expected = (np.abs(places[:, None] - places[nearest]) <= 8).mean()
    assert measure(points, NamedOrder("", "hilbert")).within[8] == pytest.approx(expected)


def test_a_comparison_is_mean_and_std_over_clouds():
    clouds = [cloud("random", batch=1, count=count, seed=count)[0].numpy() for count in (40, 55, 40)]
    orders = [NamedOrder("nimba:nearest", "nimba", OrderSettings(variant="nearest")), NamedOrder("random", "random")]
    comparison = compare(iter(clouds), orders)
    for row, order in enumerate(orders):
        single = [measure(points, order).mean_step for points in clouds]
        assert comparison.mean[row, 0] == pytest.approx(np.mean(single))
        assert comparison.std[row, 0] == pytest.approx(np.std(single))
    assert (comparison.orders, comparison.clouds) == (["nimba:nearest", "random"], 3)


def test_many_clouds_are_measured_a_batch_at_a_time():
    clouds = cloud("random", batch=5, count=30).numpy()
    orders = [NamedOrder("", "nimba")]
    np.testing.assert_array_equal(compare(clouds, orders, batch_points=60).mean, compare(clouds, orders).mean)


@pytest.mark.parametrize(
    "points", [np.full((5, 3), np.nan, np.float32), np.zeros((5, 2), np.float32), np.zeros((0, 3), np.float32)]
)
def test_what_has_no_figures_is_refused(points):
    with pytest.raises(InputError, match="points"):
        measure(points, NamedOrder("", "nimba"))


def test_nothing_to_compare_on_is_refused():
    with pytest.raises(InputError, match="clouds: none"):
        compare([], [NamedOrder("", "nimba")])
