import numpy as np
import pytest

from nimba.geometry import sampling_cpu
from nimba.geometry.large_cpu import MANY_CENTRES, MANY_POINTS, fps_large, knn_large, worth_sorting
from nimba.geometry.neighbours import knn_batched
from nimba.geometry.sampling import fps_batched
from tests.clouds_to_try import NASTY, UNEVEN, cloud


@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_fps_by_buckets_equals_the_reference(kind):
    points = cloud(kind, count=500)
    assert np.array_equal(fps_large(points.numpy(), 70), fps_batched(points, 70))


@pytest.mark.parametrize("k", [1, 9, 32])
@pytest.mark.parametrize("kind", NASTY + UNEVEN)
def test_knn_by_a_tree_equals_the_reference(kind, k):
    points = cloud(kind, count=500)
    centres, k = points[:, ::7].contiguous(), min(k, points.shape[1])
    assert np.array_equal(knn_large(points.numpy(), centres.numpy(), k), knn_batched(points, centres, k))


def test_centres_need_not_be_points():
    points, centres = cloud("random", count=400), cloud("random", count=30, seed=1) * 3
    assert np.array_equal(knn_large(points.numpy(), centres.numpy(), 5), knn_batched(points, centres, 5))


def test_large_clouds_take_the_path_with_sorting(monkeypatch):
    points = cloud("grid", batch=1, count=MANY_POINTS).numpy()
    by_buckets = sampling_cpu.fps_cpu(points, MANY_CENTRES)
    monkeypatch.setattr(sampling_cpu, "worth_sorting", lambda *_: False)
    assert np.array_equal(sampling_cpu.fps_cpu(points, MANY_CENTRES), by_buckets)


def test_what_is_not_finite_is_not_sorted():
    points = cloud("random", batch=1, count=MANY_POINTS).numpy()
    assert worth_sorting(points, MANY_CENTRES)
    points[0, 5, 1] = np.nan
    assert not worth_sorting(points, MANY_CENTRES)
