import numpy as np
import pytest
import torch

from nimba.clouds import normalise, resample
from nimba.runtime.errors import InputError
from tests.clouds_to_try import NASTY, cloud, shuffled


@pytest.mark.parametrize("kind", NASTY)
@pytest.mark.parametrize("mode", ["unit_sphere", "cube", "none"])
def test_normalising_does_not_depend_on_the_order_of_the_points(mode, kind):
    points = cloud(kind) * 3 + 1
    assert torch.equal(normalise(shuffled(points), mode), shuffled(normalise(points, mode)))


def test_frames():
    points = cloud("random") * 5 + 2
    sphere = normalise(points, "unit_sphere")
    torch.testing.assert_close(sphere.mean(1), torch.zeros(3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(sphere.norm(dim=2).amax(1), torch.ones(3))
    cube = normalise(points, "cube")
    torch.testing.assert_close((cube.amax(1) + cube.amin(1)), torch.zeros(3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(cube.abs().amax((1, 2)), torch.ones(3))
    assert torch.equal(normalise(points, "none"), points)


@pytest.mark.parametrize("mode", ["unit_sphere", "cube"])
def test_numpy_equals_torch_and_a_cloud_without_extent_is_finite(mode):
    points = cloud("random")
    result = normalise(points.numpy(), mode)
    assert isinstance(result, np.ndarray)
    assert np.array_equal(result, normalise(points, mode).numpy())
    assert normalise(cloud("one"), mode).eq(0).all()


def test_unknown_frame():
    with pytest.raises(InputError, match="unit_sphere"):
        normalise(cloud("one"), "sphere")


@pytest.mark.parametrize("count", [10, 60, 150])
def test_resampling_does_not_depend_on_the_order_of_the_points(count):
    points = cloud("random")
    chosen = resample(points[0].numpy(), count)
    assert chosen.shape == (count, 3)
    assert np.array_equal(chosen, resample(shuffled(points)[0].numpy(), count))
    assert len(np.unique(chosen, axis=0)) == min(count, 60)
    assert np.array_equal(np.unique(np.r_[chosen, points[0].numpy()], axis=0), np.unique(points[0].numpy(), axis=0))
