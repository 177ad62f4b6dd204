import numpy as np
import pytest

from nimba.viewer import PathView
from nimba.viewer.camera import ASPECTS, camera_for
from nimba.viewer.mesh import balls, joined, shaded, tubes
from nimba.viewer.scene import dashes, jump_scene, patch_points, solid_scene, strand
from nimba.viewer.shade import hazy

CLOUD = np.random.default_rng(0).uniform(-1, 1, size=(300, 3)) * [1.0, 0.3, 0.6]


@pytest.mark.parametrize("scale", [[1, 1, 1], [0.01, 1, 0.01], [100, 1, 1], [0, 0, 0]])
@pytest.mark.parametrize("aspect", [8 / 7, None])
def test_the_camera_holds_every_point_in_the_middle(scale, aspect):
    camera = camera_for(CLOUD * scale, aspect)
    assert camera.aspect == aspect or ASPECTS[0] <= camera.aspect <= ASPECTS[1]
    places = camera.project(CLOUD * scale, (1000, 500)) / [500, 250] - 1
    assert (np.abs(places) <= 1).all()
    np.testing.assert_allclose(places.min(0) + places.max(0), 0, atol=0.03)


def test_rays_go_where_points_are_projected():
    camera, size = camera_for(CLOUD), (64, 48)
    across, down = camera.slopes(size)
    columns, rows = (side.ravel() for side in np.meshgrid(np.arange(64), np.arange(48)))
    rays = np.stack([across[columns], down[rows], np.ones(len(rows))], 1)  # in the camera's frame
    along = camera.eye + 3.7 * rays @ np.stack([camera.right, camera.up, camera.forward])
    np.testing.assert_allclose(camera.frame(along), 3.7 * rays, atol=1e-9)
    np.testing.assert_allclose(camera.project(along, size), np.stack([columns, rows], 1) + 0.5, atol=1e-3)


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


def test_shade_and_haze():
    camera = camera_for(CLOUD, 1.0)
    mesh = balls(CLOUD, 0.01, np.full(3, 0.4), detail=4)
    shades = shaded(mesh, camera).colours
    assert shades.min() < 0.25
    assert 0.4 < shades.max() <= 1
    distance = camera.frame(mesh.vertices)[:, 2]
    haze = hazy(mesh.colours, distance, (distance.min(), distance.max()))
    np.testing.assert_allclose(haze[distance.argmin()], 0.4)
    assert haze.max() > 0.7


def test_dashes_cover_three_fifths_and_both_ends():
    lines, places = dashes(np.array([0.4, 5.0]), period=1.0)
    assert lines.tolist() == [0, 1, 1, 1, 1, 1]
    np.testing.assert_allclose(places[0], [0, 1])
    np.testing.assert_allclose(places[[1, 5], [0, 1]], [0, 1])
    np.testing.assert_allclose(np.diff(places[1:]).sum(), 5 * 0.6 / 4.6)
    assert dashes(np.zeros(0), 1.0)[1].shape == (0, 2)


def test_a_path_grows_with_its_steps():
    path = np.array([[0.0, 0, 0], [0, 0.5, 0], [0, 2.5, 0], [0, 2.6, 0]])
    view = PathView("", CLOUD, path, r=1.0)
    solid, jump = solid_scene(view, np.eye(4)[:, :3]), jump_scene(view)
    assert set(solid.times) == {0, 1, 2, 3}
    assert (jump.times.min(), jump.times.max()) == (1, 2)
    np.testing.assert_allclose(jump.vertices[:, 1], 0.5 + 2 * (jump.times - 1), atol=1e-9)
    tops = [solid.vertices[solid.times <= t][:, 1].max() for t in range(4)]
    np.testing.assert_allclose(tops, path[:, 1], atol=2 * strand(view) * 1.7)


def test_a_point_of_several_patches_belongs_to_the_nearest_centre():
    path = np.array([[0.0, 0, 0], [1.0, 0, 0]])
    patches = np.array([[[0.0, 0, 0], [0.4, 0, 0], [0.9, 0, 0]], [[1.0, 0, 0], [0.9, 0, 0], [0.4, 0, 0]]])
    points, owners = patch_points(PathView("", CLOUD, path, 1.0, patches=patches))
    assert points[:, 0].tolist() == [0, 0.4, 0.9, 1]
    assert owners.tolist() == [0, 0, 1, 1]


def test_longer_paths_are_thinner():
    radii = [strand(PathView("", CLOUD, CLOUD[:count], 1.0)) for count in (4, 128, 300)]
    assert radii[0] > radii[1] > radii[2] > 0
