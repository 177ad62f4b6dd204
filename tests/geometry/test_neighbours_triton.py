import pytest
import torch

from nimba.geometry.neighbours import knn_batched
from tests.clouds_to_try import NASTY, cloud
from tests.interpreter import interpreted


@pytest.mark.parametrize("kind", NASTY)
@interpreted
def test_equals_the_reference(kind):
    from nimba.geometry.neighbours_triton import knn_triton

    points = cloud(kind, batch=2, count=40)
    k = min(6, points.shape[1])
    assert torch.equal(knn_triton(points, points[:, ::7], k), knn_batched(points, points[:, ::7], k))


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, 3e38])
@interpreted
def test_what_is_not_finite_is_treated_as_in_the_reference(broken):
    from nimba.geometry.neighbours_triton import knn_triton

    points = cloud("random", batch=1, count=10)
    points[0, 3, 1] = points[0, 5] = broken
    assert torch.equal(knn_triton(points, points[:, :4], 10), knn_batched(points, points[:, :4], 10))
