import numpy as np
import pytest

from nimba.datasets.shapes.generate import make_shape
from nimba.datasets.shapes.primitives import ellipsoid, move
from nimba.datasets.shapes.scan import scan


@pytest.mark.parametrize("seed", range(5))
def test_scan_lacks_the_hidden_side(seed: int) -> None:
    ball = move(ellipsoid((1.0, 1.0, 1.0)), (0.0, 1.0, 0.0))
    points = scan(ball, 1024, np.random.default_rng(seed)) - (0.0, 1.0, 0.0)
    distance = np.linalg.norm(points, axis=1)
    normals = (points / distance[:, None])[np.abs(distance - 1) < 0.12]  # of the samples on the ball
    mean = normals.mean(axis=0)
    assert len(normals) > 400
    assert np.linalg.norm(mean) > 0.4  # of the whole ball it is 0
    assert np.quantile(normals @ mean, 0.03) > -0.2 * np.linalg.norm(mean)


def test_scan_has_surroundings_and_noise() -> None:
    ball = move(ellipsoid((1.0, 1.0, 1.0)), (0.0, 1.0, 0.0))
    distance = np.linalg.norm(scan(ball, 1024, np.random.default_rng(3)) - (0.0, 1.0, 0.0), axis=1)
    assert 0.01 < (distance > 1.15).mean() < 0.5
    assert (distance > 1.001).mean() > (distance > 1.15).mean() + 0.1


def test_scan_of_a_shape_differs_from_the_clean_one() -> None:
    clean = make_shape("chair", np.random.default_rng(0), 512)
    seen = make_shape("chair", np.random.default_rng(0), 512, variant="scan")
    assert clean.shape == seen.shape
    assert len(np.unique(seen, axis=0)) == 512
    assert not np.isin(clean, seen).any()
