import numpy as np

from nimba.quality.locality import locality, neighbours_of
from tests.clouds_to_try import cloud


def test_neighbours_leave_out_the_point_itself():
    points = cloud("duplicates", batch=1)[0].numpy()
    found = neighbours_of(points, 5)
    assert found.shape == (60, 5)
    assert not (found == np.arange(60)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found)


def test_neighbours_are_no_more_than_there_are():
    assert neighbours_of(cloud("two", batch=1)[0].numpy(), 8).tolist() == [[1], [0]]
    assert neighbours_of(cloud("one", batch=1)[0].numpy(), 8).shape == (1, 0)


def test_locality_of_a_line_by_hand():
    line = np.zeros((10, 3))
    line[:, 1] = np.arange(10)
    neighbours = np.stack([neighbours_of(line, 2)] * 2)  # (2, 10, 2)
    along, scattered = np.arange(10), np.array([0, 5, 1, 6, 2, 7, 3, 8, 4, 9])
    shares = locality(neighbours, np.stack([along, scattered])[..., None], (1, 2))
    np.testing.assert_allclose(shares[0], [18 / 20, 1.0])
    assert shares[1, 0] < 0.2


def test_of_copies_the_nearest_count():
    places = np.array([[[0, 90], [50, 91], [99, 92]]])
    neighbours = np.array([[[1], [2], [1]]])
    assert locality(neighbours, places, (1,)).tolist() == [[1.0]]
