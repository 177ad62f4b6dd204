import numpy as np
import pytest

from nimba.quality import path_statistics
from nimba.viewer.camera import FIELD_OF_VIEW, camera_for
from nimba.viewer.mesh import balls, behind, faded, joined, shaded, tubes
from nimba.viewer.scene import dashes, path_scene
from nimba.viewer.style import JUMP

CLOUD = np.random.default_rng(0).uniform(-1, 1, size=(300, 3)) * [1.0, 0.3, 0.6]


def projected(points, camera):
    """Places in the picture: its upper and lower edge are at 1 and -1."""
    view = (camera.eye - camera.target) / np.linalg.norm(camera.eye - camera.target)
    seen = points - camera.eye
    slope = np.tan(np.radians(FIELD_OF_VIEW / 2))
    return np.stack([seen @ camera.right, seen @ camera.up], 1) / (-(seen @ view) * slope)[:, None]


@pytest.mark.parametrize("scale", [[1, 1, 1], [0.01, 1, 0.01], [100, 1, 1], [0, 0, 0]])
def test_the_camera_holds_every_point_in_the_middle(scale):
    aspect = 8 / 7
    places = projected(CLOUD * scale, camera_for(CLOUD * scale, aspect))
    assert (np.abs(places) <= [aspect, 1]).all()
    np.testing.assert_allclose(places.min(0) + places.max(0), 0, atol=0.03)


def test_balls_and_tubes_have_their_radius_and_look_outwards():
    ball = balls(np.array([[1.0, 2.0, 3.0]]), 0.5, np.array([1.0, 0, 0]), detail=6)
    np.testing.assert_allclose(ball.vertices - [1, 2, 3], 0.5 * ball.normals, atol=1e-12)
    tube = tubes(np.zeros((1, 3)), np.array([[0.0, 0.0, 2.0]]), 0.1, np.ones(3))
    np.testing.assert_allclose(np.linalg.norm(tube.vertices[:, :2], axis=1), 0.1)
    assert set(tube.vertices[:, 2]) == {0.0, 2.0}
    both = joined([ball, tube])
    assert both.triangles.max() == len(ball.vertices) + len(tube.vertices) - 1
    for mesh in (ball, tube):
        corners = mesh.vertices[mesh.triangles]  # (T, 3, 3)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        side = np.einsum("ti,ti->t", across, mesh.normals[mesh.triangles].mean(1))
        assert (side >= -1e-12).all() or (side <= 1e-12).all()  # wound one way throughout


def test_a_tube_without_length_stays_finite():
    assert np.isfinite(tubes(np.ones((1, 3)), np.ones((1, 3)), 0.1, np.ones(3)).vertices).all()


def test_shade_haze_and_what_lies_behind():
    camera = camera_for(CLOUD, 1.0)
    mesh = balls(CLOUD, 0.01, np.full(3, 0.4), detail=4)
    lit = shaded(mesh, camera).colours
    assert lit.min() < 0.25
    assert 0.4 < lit.max() <= 1
    hazy = faded(mesh, camera).colours
    nearest = np.linalg.norm(mesh.vertices - camera.eye, axis=1).argmin()
    np.testing.assert_allclose(hazy[nearest], 0.4)
    assert hazy.max() > 0.7
    moved = behind(mesh, camera)
    np.testing.assert_allclose(projected(moved.vertices, camera), projected(mesh.vertices, camera), atol=1e-9)
    distances = [np.linalg.norm(m.vertices - camera.eye, axis=1) for m in (moved, mesh)]
    assert distances[0].min() > distances[1].max()


def test_dashes_cover_three_fifths_and_both_ends():
    starts, ends = dashes(np.zeros((1, 3)), np.array([[0.0, 3.0, 4.0]]), length=1.0)
    assert len(starts) == 5
    np.testing.assert_allclose(starts[0], 0)
    np.testing.assert_allclose(ends[-1], [0, 3, 4])
    np.testing.assert_allclose(np.linalg.norm(ends - starts, axis=1).sum(), 5 * 5 * 0.6 / 4.6)
    assert dashes(np.zeros((0, 3)), np.zeros((0, 3)), 1.0)[0].shape == (0, 3)


def test_only_jumps_are_red():
    path = CLOUD[:20]
    camera = camera_for(CLOUD, 1.0)
    for r, expected in ((100.0, False), (0.5, True)):
        colours = path_scene(CLOUD, path, path_statistics(path, r), camera).colours
        assert np.isclose(colours, JUMP).all(1).any() == expected
