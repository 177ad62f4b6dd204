"""Shapes drawn in closed form look like rays through triangles, which Open3D casts."""

import subprocess
import sys

import numpy as np
import open3d as o3d
import pytest

from nimba.viewer.camera import camera_for
from nimba.viewer.mesh import meshed
from nimba.viewer.raster import RIM, all_hits, empty_layer, first_hits, over, smoothed
from nimba.viewer.shapes import Balls, Finish, Tubes

RNG = np.random.default_rng(0)
CENTRES = RNG.uniform(-1, 1, size=(40, 3))
CAMERA = camera_for(CENTRES, 1.25)
SIZE = (250, 200)
FLAT = Finish(lit=False)
NEARLY_AT_THE_EYE = (
    CENTRES[:1] + 0.05 * CAMERA.up + 0.3 * (CAMERA.eye - CENTRES[0]) / np.linalg.norm(CAMERA.eye - CENTRES[0])
)

SCENES = {
    "balls": [Balls(CENTRES, 0.05, RNG.random((40, 3)), finish=FLAT)],
    "one ball": [Balls(CENTRES[:1], 0.4, np.array([0.2, 0.4, 0.6]), finish=FLAT)],
    "duplicates": [Balls(CENTRES[[0, 0, 1]], 0.1, np.array([0.2, 0.4, 0.6]), finish=FLAT)],
    "off the picture": [Balls(3 * CENTRES, 0.3, np.array([0.2, 0.4, 0.6]), finish=FLAT)],
    "tubes": [Tubes(CENTRES[:20], CENTRES[20:], 0.03, RNG.random((20, 2, 3)), finish=FLAT)],
    "short wide tubes": [Tubes(CENTRES, CENTRES + 0.02, 0.15, RNG.random((40, 2, 3)), finish=FLAT)],
    "a tube seen into": [Tubes(CENTRES[:1], NEARLY_AT_THE_EYE, 0.1, np.array([0.9, 0.1, 0.1]), finish=FLAT)],
    "tubes and balls": [
        Tubes(CENTRES[:-1], CENTRES[1:], 0.02, np.array([0.9, 0.1, 0.1]), finish=FLAT),
        Balls(CENTRES, 0.06, RNG.random((40, 3)), finish=FLAT),
    ],
}


def cast(shapes):
    """The reference: depth (height, width) and colours of what rays meet first among fine triangles."""
    mesh = meshed(shapes, 48, 64)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(mesh.vertices.astype(np.float32), mesh.triangles.astype(np.uint32))
    across, down = CAMERA.slopes(SIZE)
    frame = np.stack([CAMERA.right, CAMERA.up, CAMERA.forward])
    rays = np.stack(np.broadcast_arrays(across, down[:, None], np.float32(1)), -1) @ frame
    found = scene.cast_rays(np.concatenate([np.broadcast_to(CAMERA.eye, rays.shape), rays], -1).astype(np.float32))
    depth = found["t_hit"].numpy()
    corners = mesh.triangles[np.where(np.isfinite(depth), found["primitive_ids"].numpy(), 0).astype(int)]
    places = found["primitive_uvs"].numpy()
    weights = np.concatenate([1 - places.sum(-1, keepdims=True), places], -1)
    return depth, (mesh.colours[corners] * weights[..., None]).sum(-2)


@pytest.mark.parametrize("name", SCENES)
def test_closed_forms_are_what_rays_meet_among_triangles(name):
    layer, (depth, colours) = first_hits(SCENES[name], CAMERA, SIZE), cast(SCENES[name])
    there, known = np.isfinite(layer.depth), np.isfinite(depth)
    assert known.mean() > 0.002
    assert (there != known).mean() < 0.02 * max(known.mean(), 0.1)  # outlines: triangles lie inside of what is round
    both = there & known
    apart = np.abs(layer.depth[both] - depth[both]) > 0.02
    assert apart.mean() < 0.02
    assert np.median(np.abs(layer.depth[both] - depth[both])) < 1e-3
    assert (np.abs(layer.colours[both] - colours[both]).max(1) > 0.05).mean() < 0.03
    assert (layer.colours[~there] == 1).all()


def test_nothing_draws_nothing():
    empty = [Balls(CENTRES[:0], 0.1, np.ones(3)), Tubes(CENTRES[:0], CENTRES[:0], 0.1, np.ones(3))]
    dot = Tubes(CENTRES[:1], CENTRES[:1], 0.1, np.zeros(3))  # without length
    assert np.isinf(first_hits([*empty, dot], CAMERA, SIZE).depth).all()


def test_what_is_lifted_comes_nearer_and_looks_the_same():
    tubes = Tubes(CENTRES[:20], CENTRES[20:], 0.03, RNG.random((20, 2, 3)))
    plain = first_hits([tubes], CAMERA, SIZE)
    lifted = first_hits([tubes._replace(finish=Finish(lift=0.5))], CAMERA, SIZE)
    there = np.isfinite(plain.depth)
    np.testing.assert_array_equal(there, np.isfinite(lifted.depth))
    closer = plain.depth[there] - lifted.depth[there]
    assert (closer > 0.45).all()
    assert (closer <= 0.5 + 1e-5).all()


def test_the_nearest_of_all_hits_is_the_first():
    shapes = SCENES["tubes and balls"]
    layer, crossings = first_hits(shapes, CAMERA, SIZE), all_hits(shapes, CAMERA, SIZE)
    depth = np.full(SIZE[0] * SIZE[1], np.inf, np.float32)
    np.minimum.at(depth, crossings.rays, crossings.depth)
    np.testing.assert_array_equal(depth.reshape(layer.depth.shape), layer.depth)


def test_a_halo_is_as_wide_as_its_rim():
    layer = empty_layer((20, 20))
    layer.depth[:] = 2.0
    layer.colours[:] = 0.0
    layer.depth[:, 10:] = 1.0  # nearer on the right: the rim is on the left
    row = over(layer, np.zeros((20, 20, 3)), 0.5)[5, :, 0]
    np.testing.assert_array_equal(row.nonzero()[0], np.arange(10 - RIM, 10))
    np.testing.assert_array_equal(over(layer, np.zeros((20, 20, 3)), 1.5), 0)


def test_pixels_are_means_of_their_rays():
    picture = RNG.random((4, 6, 3))
    np.testing.assert_allclose(smoothed(picture)[1, 2], picture[2:4, 4:6].mean((0, 1)))


def test_a_picture_needs_no_open3d_and_no_torch():
    code = "import sys, nimba.viewer.figure; print(sorted({'open3d', 'torch', 'numba', 'dash'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
