"""What FPS and kNN refuse from Python."""

import numpy as np
import pytest
import torch

from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.neighbours import knn_batched
from nimba.geometry.neighbours_cpu import knn_cpu
from nimba.geometry.sampling_cpu import fps_cpu
from nimba.runtime.compiled import without_compiled_kernels
from nimba.runtime.errors import InputError
from tests.clouds_to_try import cloud


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("count", [60, 9000])
def test_coordinates_that_are_not_finite(count, value):
    points = cloud("random", batch=2, count=count)
    corrupted = points.clone()
    corrupted[1, 7, 2] = value
    with pytest.raises(InputError, match="points: NaN or infinite"):
        farthest_point_sampling(corrupted, 300)
    with pytest.raises(InputError, match="points: NaN or infinite"):
        k_nearest(corrupted, points[:, :300], 4)
    with pytest.raises(InputError, match="centres: NaN or infinite"):
        k_nearest(points, corrupted[:, :8], 4)
    with without_compiled_kernels(), pytest.raises(InputError, match="points: NaN or infinite"):
        farthest_point_sampling(corrupted[:, :60], 3)


@pytest.mark.parametrize("count", [60, 9000])
def test_kernels_name_only_points_that_are_there_whatever_they_see(count):
    """Fewer than k points may pass a bound that NaN has corrupted: places left over once held whatever memory did."""
    points = cloud("random", batch=2, count=count)
    points[:, ::3] = torch.nan
    points[:, 1::5, 1] = torch.inf
    centres = points[:, :100].contiguous().numpy()
    for found in (fps_cpu(points.numpy(), 100), knn_cpu(points.numpy(), centres, 16)):
        assert found.min() >= 0
        assert found.max() < count


@pytest.mark.parametrize(
    ("points", "named"),
    [
        (torch.zeros(5, 3), r"\(5, 3\)"),
        (torch.zeros(1, 5, 2), r"\(1, 5, 2\)"),
        (torch.zeros(1, 5, 3, dtype=torch.int64), "int64"),
        (np.zeros((1, 5, 3), np.float32), "ndarray"),
        (torch.zeros(1, 0, 3), "without points"),
    ],
)
def test_what_is_no_batch_of_clouds(points, named):
    with pytest.raises(InputError, match=f"points: .*{named}"):
        farthest_point_sampling(points, 2)
    with pytest.raises(InputError, match=f"points: .*{named}"):
        k_nearest(points, torch.zeros(1, 2, 3), 2)


def test_numbers_out_of_range_and_centres_of_other_clouds():
    points = cloud("random")
    for count in (0, -1):
        with pytest.raises(InputError, match="num_centres"):
            farthest_point_sampling(points, count)
        with pytest.raises(InputError, match="k:"):
            k_nearest(points, points, count)
    for centres in (points[:1], points.double()):
        with pytest.raises(InputError, match="centres"):
            k_nearest(points, centres, 2)


def test_half_precision_is_read_as_what_it_is():
    points = cloud("random").half()
    assert torch.equal(farthest_point_sampling(points, 20), farthest_point_sampling(points.float(), 20))
    expected = knn_batched(points.float(), points[:, :9].float(), 5)
    assert torch.equal(k_nearest(points, points[:, :9], 5), expected)
