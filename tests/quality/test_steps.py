import numpy as np

from nimba.quality import path_statistics


def test_steps_and_jumps_by_hand():
    path = np.array([[0, 0, 0], [0.5, 0, 0], [0.5, 1, 0], [0.5, 1, 0.8]], dtype=np.float32)
    statistics = path_statistics(path, r=0.8)
    np.testing.assert_allclose(statistics.steps, [0.5, 1, 0.8], rtol=1e-6)
    assert statistics.jumps.tolist() == [False, True, True]  # r itself is too long
    assert np.isclose(statistics.mean_step, 2.3 / 3)
    assert np.isclose(statistics.jump_share, 2 / 3)


def test_a_path_of_one_point_has_no_steps():
    statistics = path_statistics(np.zeros((1, 3), np.float32), r=0.8)
    assert (statistics.count, statistics.mean_step, statistics.jump_share) == (1, 0, 0)
