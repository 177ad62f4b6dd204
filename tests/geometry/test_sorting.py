import numpy as np
import pytest
import torch

from nimba.geometry import sorting_cpu
from nimba.geometry.sorting_cpu import argsort_axis, argsort_codes
from nimba.geometry.ties import lexicographic_sort
from tests.clouds_to_try import NASTY, UNEVEN, cloud


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("keys", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_the_compiled_sort_equals_torch(kind, keys, dtype):
    points = cloud(kind, count=500).to(dtype)
    assert np.array_equal(argsort_axis(points.numpy(), keys), lexicographic_sort(points, keys))


def test_thousands_of_ties_are_merged_stably():
    points = cloud("grid", batch=2, count=5000)
    points[..., 1] = 0
    assert np.array_equal(argsort_axis(points.numpy(), (1, 0, 2)), lexicographic_sort(points, (1, 0, 2)))


@pytest.mark.parametrize("bits", range(1, 64))
def test_codes_sort_as_integers_and_ties_by_coordinates(bits):
    points = cloud("random", count=400)
    codes = torch.randint(0, 2**bits - 1, (3, 400), generator=torch.Generator().manual_seed(bits))
    codes[:, ::3] = codes[:, :1]
    codes[:, 1::3] |= 2 ** (bits - 1)  # the highest bit counts
    order = argsort_codes(codes.numpy().view(np.uint64), bits, points.numpy(), (0, 1, 2))
    for one, its_codes, its_points in zip(order, codes.numpy(), points.numpy(), strict=True):
        assert np.array_equal(one, np.lexsort((*its_points.T[::-1], its_codes)))


def test_values_of_every_size_and_sign():
    values = [0.0, -0.0, 1e-45, -1e-45, 1.0, -1.0, 3e38, -3e38, float("inf"), float("-inf"), float("nan")]
    points = torch.zeros(1, len(values), 3)
    points[0, :, 0] = torch.tensor(values)
    assert np.array_equal(argsort_axis(points.numpy(), (0, 1, 2)), lexicographic_sort(points, (0, 1, 2)))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bits", [*range(1, 64, 11), 32, 33])
def test_threads_that_share_a_cloud_sort_as_one(bits, threads, monkeypatch):
    monkeypatch.setattr(sorting_cpu, "LARGE", 500)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        points = cloud("grid", batch=1, count=3000)
        codes = torch.randint(0, 2**bits - 1, (1, 3000), generator=torch.Generator().manual_seed(bits))
        codes[:, ::7] |= 2 ** (bits - 1)
        order = argsort_codes(codes.numpy().view(np.uint64), bits, points.numpy(), (0, 1, 2))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(order[0], np.lexsort((*points[0].numpy().T[::-1], codes[0].numpy())))
