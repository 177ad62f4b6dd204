"""Vectors in compiled kernels."""

import numpy as np
import pytest

from nimba.runtime.kernels import kernel
from nimba.runtime.lanes import LANES, exp2, load, store, total


@kernel
def powers(x, y, sums):
    for k in range(len(sums)):
        found = exp2(load(x, k * LANES))
        store(y, k * LANES, found)
        sums[k] = total(found)


def computed(values):
    x = np.resize(values, -(-len(values) // LANES) * LANES)
    y, sums = np.empty_like(x), np.empty(len(x) // LANES, x.dtype)
    powers(x, y, sums)
    return x, y, sums


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 3e-7), (np.float64, 1e-15)])
def test_powers_of_two_and_sums(dtype, bound):
    x, y, sums = computed(np.random.default_rng(0).uniform(-120, 120, 4000).astype(dtype))
    exact = np.exp2(x.astype(np.longdouble))
    assert abs(y / exact - 1).max() < bound
    np.testing.assert_allclose(sums, y.reshape(-1, LANES).sum(1), rtol=1e-6)


def test_whole_powers_are_exact_and_far_ones_finite():
    whole = np.arange(-126, 128, dtype=np.float32)
    x, y, _ = computed(whole)
    assert (y == np.ldexp(np.float32(1), x.astype(int))).all()
    far = computed(np.array([-np.inf, -1e9, -200, 200, 1e9, np.inf], np.float32))[1]
    assert np.isfinite(far).all()
    assert (far >= 2.0**-126).all()
    assert np.isnan(computed(np.array([np.nan], np.float32))[1]).all()
