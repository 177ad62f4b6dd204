import pytest
import torch

from nimba.geometry.sampling import fps_batched
from tests.clouds_to_try import NASTY, cloud
from tests.interpreter import interpreted


@pytest.mark.parametrize("kind", NASTY)
@interpreted
def test_equals_the_reference(kind):
    from nimba.geometry.sampling_triton import fps_triton

    points = cloud(kind, batch=2, count=40)
    assert torch.equal(fps_triton(points, 12), fps_batched(points, 12))


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, -torch.inf, 3e38])
@interpreted
def test_what_is_not_finite_is_treated_as_in_the_reference(broken):
    from nimba.geometry.sampling_triton import fps_triton

    points = cloud("random", count=20)
    points[1, 3, 1] = broken
    points[1, 7, 0] = points[2, 5] = broken
    assert torch.equal(fps_triton(points, 6), fps_batched(points, 6))


@interpreted
def test_clouds_are_read_whatever_their_strides():
    from nimba.geometry.sampling_triton import fps_triton

    points = cloud("random", count=40).transpose(1, 2).contiguous().transpose(1, 2)
    assert torch.equal(fps_triton(points, 6), fps_batched(points, 6))
