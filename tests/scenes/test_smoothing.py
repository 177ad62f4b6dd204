"""Noise across a surface goes; the surface stays."""

import numpy as np

from nimba.scenes import smoothed


def test_a_noisy_sphere_becomes_smoother_and_stays_one():
    rng = np.random.default_rng(0)
    sphere = rng.normal(size=(2000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    noisy = sphere * (1 + rng.normal(0, 0.02, (2000, 1)))
    radii = np.linalg.norm(smoothed(noisy), axis=1)
    assert radii.std() < 0.75 * 0.02
    assert abs(radii.mean() - 1) < 0.01


def test_few_points_and_duplicates_are_left_or_survive():
    few = np.zeros((5, 3), np.float32)
    assert smoothed(few) is few
    assert np.isfinite(smoothed(np.ones((50, 3), np.float32))).all()
