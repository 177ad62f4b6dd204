import numpy as np
import pytest

from nimba.clouds.pose import QUARTER, UP_AXES, Frame, require_up, smallest_box_yaw, turned, upright
from nimba.runtime.errors import InputError


def box(rng, size=(4.0, 1.0, 2.0), points=500):
    return (rng.random((points, 3)) - 0.5) * size


@pytest.mark.parametrize("up", UP_AXES)
def test_upright_lifts_the_axis_by_a_proper_rotation_or_its_mirror_image(up):
    axis = np.zeros(3)
    axis["xyz".index(up[-1])] = -1 if up[0] == "-" else 1
    np.testing.assert_array_equal(upright(axis, up), [0, 1, 0])
    matrix = upright(np.eye(3), up)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1)
    assert np.linalg.det(upright(np.eye(3), up, mirrored=True)) == pytest.approx(1 if up == "y" else -1)


def test_the_mirrored_frame_of_z_up_files_exchanges_y_and_z():
    points = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    np.testing.assert_array_equal(upright(points, "z", mirrored=True), points[:, [0, 2, 1]])
    assert upright(points, "z").dtype == np.float32


def test_what_is_no_up_axis_is_refused():
    with pytest.raises(InputError, match=r"up: 'w' is not one of x, y, z, -x, -y, -z"):
        upright(np.eye(3), "w")
    with pytest.raises(InputError, match=r"up: 'auto'"):
        require_up("auto", allow_auto=False)
    require_up("auto")


def test_quarter_turns_are_exact_and_four_of_them_none():
    points = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    once = turned(points, QUARTER)
    np.testing.assert_array_equal(once, np.stack([points[:, 2], points[:, 1], -points[:, 0]], 1))
    np.testing.assert_array_equal(turned(turned(once, QUARTER), 2 * QUARTER), points)
    assert not np.signbit(turned(np.zeros((1, 3)), 3 * QUARTER)).any()


@pytest.mark.parametrize("angle", [-2.9, -0.7, -0.1, 0.0, 0.3, 0.6, 1.2, 3.0])
def test_the_smallest_box_is_found_whatever_the_yaw(angle):
    cloud = turned(box(np.random.default_rng(1), points=4000), angle)
    yaw = smallest_box_yaw(cloud)
    assert abs(yaw) <= QUARTER / 2 + 1e-9
    extents = np.sort(np.ptp(turned(cloud, yaw), axis=0))
    np.testing.assert_allclose(extents, [1, 2, 4], rtol=0.03)


def test_the_smallest_box_does_not_depend_on_the_order_of_points():
    rng = np.random.default_rng(2)
    cloud = turned(box(rng), 0.4)
    assert smallest_box_yaw(cloud) == smallest_box_yaw(rng.permutation(cloud))


def test_round_and_square_things_stay_as_they_are():
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    disc = np.stack([np.cos(angles), np.zeros(720), np.sin(angles)], 1)
    assert abs(smallest_box_yaw(disc)) < 0.02
    square = np.array([[x, 0, z] for x in (-1, 1) for z in (-1, 1)], float)
    assert smallest_box_yaw(square) == 0


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((1, 3)),
        np.zeros((10, 3)),
        np.array([[0, y, 0] for y in range(5)], float),
        np.array([[0, 0, 0], [0, 1, 0], [1, 2, 0]], float),
    ],
    ids=["one point", "all alike", "a pole", "two columns"],
)
def test_a_cloud_without_floor_plan_is_not_turned(points):
    assert smallest_box_yaw(points) == 0


def test_a_wall_is_laid_along_an_axis():
    along = np.linspace(0, 1, 30)
    wall = np.stack([along, along % 0.3, 0.5 * along], 1)
    turned_wall = turned(wall, smallest_box_yaw(wall))
    assert min(np.ptp(turned_wall[:, 0]), np.ptp(turned_wall[:, 2])) < 1e-9


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"mirrored": 1, "facing": True, "files_up": None},
        {"mirrored": True, "facing": True, "files_up": "up"},
        {"mirrored": True, "facing": True, "files_up": []},
        {"mirrored": True, "facing": True, "files_up": None, "more": 1},
    ],
)
def test_a_frame_of_another_form_does_not_fit(value):
    assert not Frame.fits(value)
    assert Frame.fits(Frame(True, False, "-y").to_dict())
