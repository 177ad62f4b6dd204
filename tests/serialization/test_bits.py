"""Every depth of the grid, for every order along one: the compiled versions against plain torch."""

import numpy as np
import pytest
import torch

from nimba.geometry import sorting_cpu
from nimba.geometry.codes import CURVES
from nimba.geometry.grid import quantize
from nimba.runtime.compiled import without_compiled_kernels
from nimba.serialization import ORDERS, serialize
from nimba.serialization.settings import MAX_BITS
from tests.clouds_to_try import cloud

ALONG_GRIDS = [name for name, order in ORDERS.items() if "bits" in order.parameters]


@pytest.fixture
def each_number_of_threads():
    """Iterates over 1 and 2, while torch uses as many threads."""
    before = torch.get_num_threads()

    def numbers():
        for threads in (1, 2):
            torch.set_num_threads(threads)
            yield threads

    yield numbers
    torch.set_num_threads(before)


@pytest.mark.parametrize("bits", range(1, MAX_BITS + 1))
@pytest.mark.parametrize("order", ALONG_GRIDS)
def test_every_depth_of_small_clouds(order, bits, each_number_of_threads, monkeypatch):
    """Eleven bits, 33 of a code, once went through the sort for 32."""
    clouds = [cloud("random", batch=2, count=300), cloud("grid", batch=1, count=300), cloud("outliers", count=40)]
    with without_compiled_kernels():
        expected = [serialize(points, order, bits=bits) for points in clouds]
    for large in (sorting_cpu.LARGE, 100):  # a thread for each cloud, or all threads together for one
        monkeypatch.setattr(sorting_cpu, "LARGE", large)
        for threads in each_number_of_threads():
            for points, path in zip(clouds, expected, strict=True):
                assert torch.equal(serialize(points, order, bits=bits), path), threads


@pytest.mark.parametrize("bits", range(1, MAX_BITS + 1))
@pytest.mark.parametrize("order", ["morton", "hilbert"])
def test_every_depth_of_a_large_cloud(order, bits, each_number_of_threads):
    points = cloud("random", batch=1, count=sorting_cpu.LARGE + 1000)
    codes = CURVES[order](quantize(points, bits), bits)[0]
    expected = np.lexsort((*points[0].numpy().T[::-1], codes.numpy()))
    for threads in each_number_of_threads():
        assert np.array_equal(serialize(points, order, bits=bits)[0], expected), threads
