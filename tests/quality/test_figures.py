import numpy as np
import pytest

from nimba.errors import InputError
from nimba.quality import NamedOrder, compare, measure
from nimba.quality.locality import locality, neighbours_of
from nimba.quality.report import read_csv, text_table, write_csv, write_plot
from nimba.quality.stability import KINDS, pairs, stability
from nimba.serialization import ORDERS, inverse, serialize
from nimba.serialization.settings import OrderSettings
from tests.clouds_to_try import cloud


def line(count=40):
    points = np.zeros((count, 3), np.float32)
    points[:, 1] = np.arange(count)
    return points


def test_neighbours_leave_out_the_point_itself():
    points = cloud("duplicates", batch=1)[0].numpy()
    found = neighbours_of(points, 5)
    assert found.shape == (60, 5)
    assert not (found == np.arange(60)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found)


def test_locality_of_a_line_by_hand():
    points = line(10)
    along = np.arange(10)[:, None]
    np.testing.assert_allclose(locality(neighbours_of(points, 2), along, (1, 2)), [18 / 20, 1.0])
    scattered = np.array([0, 5, 1, 6, 2, 7, 3, 8, 4, 9])[:, None]
    assert locality(neighbours_of(points, 2), scattered, (1,))[0] < 0.2


def test_of_copies_the_nearest_count():
    places = np.array([[0, 90], [50, 91], [99, 92]])
    neighbours = np.array([[1], [2], [1]])
    assert locality(neighbours, places, (1,))[0] == 1.0


def test_pairs_are_unordered_and_each_once():
    assert pairs(np.array([2, 0, 1, 1, 0]), 3).tolist() == [0 * 3 + 1, 0 * 3 + 2]


def test_a_path_that_nothing_moves_is_kept_whole():
    points = line()
    kept = stability(points, NamedOrder("", "axis"))
    assert kept["jitter"] == kept["dropout"] == kept["turn_y"] == 1.0
    assert kept["resampling"] > 0.5  # halves of a line need not take turns


def test_sorting_along_y_survives_a_turn_about_y_only():
    points = cloud("random", batch=1, count=128)[0].numpy()
    kept = stability(points, NamedOrder("", "axis"))
    assert kept["turn_y"] == 1.0
    assert kept["dropout"] == 1.0
    assert max(kept["turn_x"], kept["turn_z"]) < 0.5
    assert stability(points, NamedOrder("", "random"))["dropout"] < 0.2


@pytest.mark.parametrize("order", ORDERS)
def test_figures_of_every_order(order):
    points = cloud("random", batch=1, count=80)[0].numpy()
    figures = measure(points, NamedOrder(order, order))
    assert all(np.isfinite(value) for value in figures.values())
    assert all(0 <= figures[f"kept_{kind}"] <= 1 for kind in KINDS)
    assert figures["length_over_short"] >= 0.99
    assert figures["max_step"] >= figures["median_step"]
    near = [figures[f"within_{w}"] for w in (4, 8, 16, 32, 64)]
    assert near == sorted(near)
    shuffled = points[np.random.default_rng(0).permutation(80)]
    assert measure(shuffled, NamedOrder(order, order)) == pytest.approx(figures)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_tiny_clouds_have_figures(count):
    figures = measure(line(count), NamedOrder("", "nimba"))
    assert all(np.isfinite(value) for value in figures.values())


def test_locality_is_that_of_all_pairs():
    points = cloud("random", batch=1, count=50)[0].numpy()
    order = serialize(points, "hilbert")
    places = inverse(order)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argsort(1)[:, :8]
    expected = (np.abs(places[:, None] - places[nearest]) <= 8).mean()
    assert measure(points, NamedOrder("", "hilbert"))["within_8"] == pytest.approx(expected)


def test_a_comparison_is_written_and_read_back(tmp_path):
    clouds = [cloud("random", batch=1, count=40, seed=seed)[0].numpy() for seed in range(3)]
    orders = [NamedOrder("nimba:nearest", "nimba", OrderSettings(variant="nearest")), NamedOrder("random", "random")]
    comparison = compare(clouds, orders)
    single = [measure(points, orders[0])["mean_step"] for points in clouds]
    assert comparison.mean[0, 0] == pytest.approx(np.mean(single))
    assert comparison.std[0, 0] == pytest.approx(np.std(single))
    write_csv(comparison, tmp_path / "orders.csv")
    again = read_csv(tmp_path / "orders.csv")
    assert (again.orders, again.names, again.clouds) == (comparison.orders, comparison.names, 3)
    np.testing.assert_allclose(again.mean, comparison.mean, rtol=1e-5)
    lines = text_table(comparison).splitlines()
    assert len(lines) == 3
    assert len({len(text) for text in lines}) == 1
    write_plot(comparison, tmp_path / "orders.png")
    assert (tmp_path / "orders.png").stat().st_size > 10_000


def test_what_serialize_refuses_is_refused():
    with pytest.raises(InputError, match="points"):
        measure(np.full((5, 3), np.nan, np.float32), NamedOrder("", "nimba"))
