"""The 15 corruptions: what all of them keep, and what each of them does exactly."""

import numpy as np
import open3d as o3d
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from nimba.clouds import normalise
from nimba.clouds.visibility import visible
from nimba.datasets.shapes import make_shape
from nimba.datasets.shapes.generate import SHAPES
from nimba.datasets.shapes.sampling import sample_surface
from nimba.robustness.corruptions import CORRUPTIONS, GROUPS, SEVERITIES, corrupt, corrupted, density, noise, view
from nimba.robustness.corruptions import transformation as bend
from nimba.runtime.errors import InputError

VIEWS = ("occlusion", "lidar")  # whose severities are sectors, no strengths


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def chair():
    return normalise(make_shape("chair", generator(), 1024), "unit_sphere")


def spoil(name, points, severity, seed=0):
    """A corruption alone, without the normalisation that follows."""
    return CORRUPTIONS[name].function(points.astype(np.float64), severity, generator(seed))


def chamfer(one, other):
    return cKDTree(one).query(other)[0].mean() + cKDTree(other).query(one)[0].mean()


def rows(points):
    return {tuple(row) for row in points.tolist()}


def test_there_are_15_in_three_groups_of_five():
    groups = [corruption.group for corruption in CORRUPTIONS.values()]
    assert [groups.count(group) for group in GROUPS] == [5, 5, 5]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_result_is_finite_in_its_frame_and_repeatable(name, chair):
    for severity in SEVERITIES:
        kept = chair.copy()
        one = corrupted(chair, name, severity, seed=0, number=7)
        assert one.dtype == np.float32
        assert one.shape == (1024, 3)
        assert np.isfinite(one).all()
        assert np.linalg.norm(one, axis=1).max() < np.sqrt(3) + 1e-6
        assert (one == corrupted(chair, name, severity, seed=0, number=7)).all()
        assert (chair == kept).all()
        for other in ({"seed": 1, "number": 7}, {"seed": 0, "number": 8}):
            assert rows(one) != rows(corrupted(chair, name, severity, **other))


@pytest.mark.parametrize("name", [name for name, corruption in CORRUPTIONS.items() if corruption.normalised])
def test_what_is_published_normalised_is_normalised(name, chair):
    sphere = corrupt(chair, name, 3, generator())
    assert np.linalg.norm(sphere, axis=1).max() == pytest.approx(1, abs=1e-6)
    assert np.abs(sphere.mean(0)).max() < 1e-6
    cube = corrupt(chair, name, 3, generator(), frame="cube")
    assert np.abs(cube).max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(normalise(cube, "unit_sphere"), sphere, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in VIEWS])
def test_damage_grows_with_severity(name, chair):
    damage = [
        np.mean([chamfer(chair, spoil(name, chair, severity, seed)) for seed in range(6)]) for severity in SEVERITIES
    ]
    if name in ("density_inc", "density"):  # what is left of a surface is near it in any case
        damage = [len(rows(chair) - rows(spoil(name, chair, severity))) for severity in SEVERITIES]
    assert damage[0] > 0
    assert np.diff(damage).min() > 0


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_tiny_clouds_and_duplicates(name, count, chair):
    for points in (chair[:count], np.repeat(chair[:1], count, axis=0), np.zeros((count, 3), np.float32)):
        for severity in (1, 5):
            result = corrupted(points, name, severity, seed=0, number=0, num_points=16)
            assert result.shape == (16, 3)
            assert np.isfinite(result).all()


@pytest.mark.parametrize("num_points", [512, 1024, 2048])
def test_results_have_the_points_asked_for(num_points, chair):
    whole = corrupt(chair, "cutout", 5, generator())
    assert len(whole) == 1024 - 300
    result = corrupted(chair, "cutout", 5, seed=0, number=0, num_points=num_points)
    assert len(result) == num_points
    assert len(rows(result)) == min(num_points, 724)  # no more are repeated than must be


def test_noise_has_its_size(chair):
    for severity in SEVERITIES:
        uniform = spoil("uniform", chair, severity) - chair
        assert np.abs(uniform).max() <= noise.UNIFORM[severity - 1]
        assert uniform.std() == pytest.approx(noise.UNIFORM[severity - 1] / np.sqrt(3), rel=0.05)
        gaussian = spoil("gaussian", chair, severity) - chair
        assert gaussian.std() == pytest.approx(noise.GAUSSIAN[severity - 1], rel=0.05)
    assert np.abs(spoil("gaussian", np.ones((100, 3)), 5)).max() == 1


@pytest.mark.parametrize(("severity", "count"), list(enumerate((34, 40, 51, 68, 102), start=1)))
def test_impulses_move_so_many_points_by_a_tenth(severity, count, chair):
    moved = spoil("impulse", chair, severity) - chair
    changed = np.abs(moved).max(1) > 0
    assert changed.sum() == count
    np.testing.assert_allclose(np.abs(moved[changed]), 0.1, atol=1e-12)


@pytest.mark.parametrize("name", ["upsampling", "background"])
def test_so_many_points_are_added(name, chair):
    counts = {"upsampling": (204, 256, 341, 512, 1024), "background": (22, 25, 29, 34, 51)}[name]
    for severity, count in zip(SEVERITIES, counts, strict=True):
        result = spoil(name, chair, severity)
        assert (result[:1024] == chair).all()
        new = result[1024:]
        assert len(new) == count
        assert np.abs(new).max() <= 1
        if name == "upsampling":
            assert cKDTree(chair).query(new, p=np.inf)[0].max() <= 0.05
        else:
            assert np.abs(new).max() > 0.8


@pytest.mark.parametrize(("severity", "holes"), list(enumerate((2, 3, 5, 7, 10), start=1)))
def test_cutout_takes_30_points_a_hole(severity, holes, chair):
    left = spoil("cutout", chair, severity)
    assert len(left) == 1024 - 30 * holes
    assert rows(left) < rows(chair.astype(np.float64))


def test_a_hole_is_all_of_the_nearest_points(chair, monkeypatch):
    monkeypatch.setattr(density, "HOLES", (1,))
    gone = np.array(sorted(rows(chair.astype(np.float64)) - rows(spoil("cutout", chair, 1))))
    nearest = [set(cKDTree(chair).query(point, 30)[1]) for point in gone]
    hole = set(cKDTree(chair).query(gone)[1])
    assert hole in nearest


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_cluster_loses_three_quarters(severity, chair):
    assert len(spoil("density", chair, severity)) == 1024 - 75 * severity


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_denser_cluster_leaves_fewer_points_elsewhere(severity, chair):
    result = spoil("density_inc", chair, severity)
    new = np.array(sorted(rows(result) - rows(chair.astype(np.float64))))
    assert len(result) == 1024
    assert len(new) == 50 * severity
    assert cKDTree(chair).query(new)[0].max() < 0.15  # on the way to a neighbour
    room = [cKDTree(cloud).query(result, 8)[0][:, 7] for cloud in (result, chair)]  # that eight points take
    clusters = 100 * severity
    assert room[0][:clusters].mean() < 0.9 * room[1][:clusters].mean()
    assert room[0][clusters:].mean() > room[1][clusters:].mean()


def test_rotation_is_three_turns_near_the_severity_s_angle(chair):
    for severity, angle in zip(SEVERITIES, bend.ROTATION, strict=True):
        for seed in range(20):
            rng = generator(seed)
            angles = np.abs(bend._either_way(angle, bend.ROTATION_SPREAD, 3, rng))
            assert ((angles >= angle - 2.5) & (angles <= angle + 2.5)).all()
            turned = spoil("rotation", chair, severity, seed)
            matrix = np.linalg.lstsq(chair.astype(np.float64), turned, rcond=None)[0]
            np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-10)
            whole = np.degrees(np.arccos((np.trace(matrix) - 1) / 2))
            assert angles.max() * 0.7 < whole < angles.sum() + 1e-9


def test_shear_keeps_up_and_adds_shares_of_the_others(chair):
    for severity, share in zip(SEVERITIES, bend.SHEAR, strict=True):
        sheared = spoil("shear", chair, severity)
        assert (sheared[:, 1] == chair[:, 1]).all()
        matrix = np.linalg.lstsq(chair.astype(np.float64), sheared, rcond=None)[0]
        np.testing.assert_allclose(np.diag(matrix), 1, atol=1e-10)
        off = np.abs(matrix[[0, 1, 1, 2], [2, 0, 2, 0]])
        assert ((off >= share - 0.05 - 1e-10) & (off <= share + 0.05 + 1e-10)).all()


def test_ffd_is_the_mean_of_the_control_shifts_by_bernstein_weights(chair):
    places = (chair.astype(np.float64) + 1) / 2
    weights = bend._bernstein(places)
    np.testing.assert_allclose(weights.sum(2), 1, atol=1e-12)
    corner = bend._bernstein(np.array([[0.0, 1.0, 0.0]]))
    np.testing.assert_allclose(corner[0], [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]])
    shifts = generator().uniform(-0.6, 0.6, (5, 5, 5, 3))  # as severity 3 draws them: 0.3 of a box with sides of 2
    expected = chair + np.einsum("ni,nj,nk,ijkd->nd", *np.moveaxis(weights, 1, 0), shifts)
    np.testing.assert_allclose(spoil("ffd", chair, 3), expected, atol=1e-12)


@pytest.mark.parametrize(("name", "kernel"), [("rbf", "multiquadric"), ("rbf_inv", "inverse_multiquadric")])
def test_rbf_is_scipy_s_interpolation_and_takes_control_points_along(name, kernel, chair):
    control, _ = bend._system(name == "rbf_inv")
    shifts = bend._control_shifts(3, generator())
    np.testing.assert_allclose(np.linalg.norm(shifts, axis=1), 0.075, atol=1e-12)
    scipy_s = RBFInterpolator(control, shifts, kernel=kernel, epsilon=1 / bend.SMOOTHING, degree=1)
    np.testing.assert_allclose(spoil(name, chair, 3), chair + scipy_s(chair), atol=1e-7)
    np.testing.assert_allclose(spoil(name, control, 3), control + shifts, atol=1e-7)


def test_a_sphere_is_seen_from_one_side():
    sphere = generator().normal(size=(1024, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    for severity in SEVERITIES:
        rng = generator(severity)
        elevation = np.radians(rng.uniform(*view.CAMERA_ELEVATION))
        direction = view._direction(severity, elevation, rng)
        assert 0.5 - 1e-9 <= direction[1] <= np.sqrt(0.75) + 1e-9
        truth = sphere @ direction > 1 / view.CAMERA_DISTANCE
        seen = rows(spoil("occlusion", sphere, severity, severity))
        assert rows(sphere[truth]) <= seen
        assert len(seen) < 1.25 * truth.sum()  # between sparse points one looks a little over the edge


def agreement(name):
    """Of the points of a shape that are seen by ray casting or by ``visible``, the share that both see."""
    rng = generator()
    triangles = np.concatenate(SHAPES[name](rng))  # (T, 3, 3)
    points = sample_surface(triangles, 1024, rng)
    centre = points.mean(0)
    size = np.linalg.norm(points - centre, axis=1).max()
    points, corners = (points - centre) / size, ((triangles - centre) / size).reshape(-1, 3).astype(np.float32)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(corners, np.arange(len(corners), dtype=np.uint32).reshape(-1, 3))
    viewpoint = view.CAMERA_DISTANCE * view._direction(1, np.radians(45), rng)
    away = points - viewpoint
    ranges = np.linalg.norm(away, axis=1)
    rays = np.concatenate([np.broadcast_to(viewpoint, away.shape), away / ranges[:, None]], 1).astype(np.float32)
    truth = scene.cast_rays(rays)["t_hit"].numpy() > ranges - 0.005
    seen = np.zeros(len(points), bool)
    seen[visible(points, viewpoint, view.FLIP)] = True
    return (truth & seen).sum() / (truth | seen).sum()


def test_what_is_seen_of_points_is_near_to_what_is_seen_of_their_surfaces():
    assert np.mean([agreement(name) for name in SHAPES]) > 0.68  # a flipping sphere of 10 or 200 stays below


def test_each_severity_looks_from_its_own_sector():
    for severity in SEVERITIES:
        for seed in range(10):
            x, _, z = view._direction(severity, 0.5, generator(seed))
            turned = (np.degrees(np.arctan2(x, z)) - 72 * severity + 180) % 360 - 180
            assert abs(turned) <= 36


def test_lidar_points_lie_on_lines(chair):
    sensor = view.LIDAR_DISTANCE * view._direction(2, np.radians(view.LIDAR_ELEVATION), generator())
    seen = spoil("lidar", chair, 2) - sensor
    polar = np.degrees(np.arccos(seen[:, 1] / np.linalg.norm(seen, axis=1)))
    lines = np.unique(polar.round(6))
    assert 5 < len(lines) < 25
    np.testing.assert_allclose(np.diff(lines) % 1.0 % 0.999999, 0, atol=1e-4)
    assert chamfer(spoil("lidar", chair, 2), chair) < 0.2
    assert cKDTree(chair).query(seen + sensor)[0].max() < 0.05  # half a line at this distance


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "fog"}, "corruption 'fog'"),
        ({"severity": 0}, "severity is 0"),
        ({"severity": 6}, "severity is 6"),
        ({"frame": "none"}, "frame is 'none'"),
        ({"points": np.zeros((0, 3))}, r"points of shape \(0, 3\)"),
        ({"points": np.zeros((4, 2))}, r"points of shape \(4, 2\)"),
        ({"points": np.full((4, 3), np.nan)}, "all finite"),
    ],
)
def test_bad_input_is_one_line(change, expected, chair):
    given = {"points": chair, "name": "ffd", "severity": 1, "rng": generator(), **change}
    with pytest.raises(InputError, match=expected) as caught:
        corrupt(**given)
    assert "\n" not in str(caught.value)
