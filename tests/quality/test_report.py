import struct

import numpy as np

from nimba.quality import NamedOrder, compare
from nimba.quality.plot import write_plot
from nimba.quality.report import COLUMNS, read_csv, text_table, write_csv
from tests.clouds_to_try import cloud


def comparison(clouds=3):
    return compare(
        cloud("random", batch=clouds, count=40).numpy(), [NamedOrder(name, name) for name in ("axis", "fps")]
    )


def test_a_comparison_is_written_and_read_back(tmp_path):
    written = comparison()
    write_csv(written, tmp_path / "orders.csv")
    again = read_csv(tmp_path / "orders.csv")
    assert (again.orders, again.names, again.clouds) == (written.orders, written.names, 3)
    np.testing.assert_allclose(again.mean, written.mean, rtol=1e-5)
    np.testing.assert_allclose(again.std, written.std, rtol=1e-5)


def test_the_table_is_aligned_and_has_a_spread_for_several_clouds_only():
    several, one = text_table(comparison()).splitlines(), text_table(comparison(1)).splitlines()
    for lines in (several, one):
        assert len(lines) == 3
        assert len({len(text) for text in lines}) == 1
    assert several[1].count("±") == len(COLUMNS)
    assert "±" not in one[1]


def test_a_plot_grows_with_its_orders(tmp_path):
    heights = []
    for orders in (["axis"], ["axis", "hilbert", "random", "fps"]):
        found = compare(cloud("random", batch=1, count=30).numpy(), [NamedOrder(name, name) for name in orders])
        write_plot(found, tmp_path / "orders.png")
        start = (tmp_path / "orders.png").read_bytes()[:24]
        assert start.startswith(b"\x89PNG")
        heights.append(struct.unpack(">I", start[20:24])[0])
    assert heights[1] > heights[0]
