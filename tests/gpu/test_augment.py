import math

import pytest
import torch

from nimba.clouds.visibility import visible
from nimba.gpu.augment import FEWEST, Augmentation, augment, plain
from nimba.gpu.batch import Clouds
from nimba.gpu.views import FLIP, in_front, not_hidden, on_scan_lines

EVERYTHING = Augmentation(
    **dict.fromkeys(("mirror", "any_turn", "tilt", "cut_mix", "shear", "bend", "seen", "half_space"), 0.5),
    **dict.fromkeys(("holes", "uneven", "outliers", "jitter", "few"), 0.5),
    quarter_turns=True,
    turn=5,
    normalise=True,
)
STILL = Augmentation(scale=1, fewest=1024)


def spheres(batch: int = 6, count: int = 1024) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.nn.functional.normalize(torch.randn(batch, count, 3), dim=2)


def changed(points: torch.Tensor, **how) -> Clouds:
    return augment(points, torch.arange(len(points)), Augmentation(**{"scale": 1, "fewest": 1024} | how))


def test_nothing_asked_for_changes_nothing():
    points = spheres()
    clouds = augment(points, torch.arange(6), STILL)
    assert torch.equal(clouds.points, points)
    assert clouds.there.all()
    assert (clouds.share == 0).all()


def test_everything_at_once_leaves_clouds_of_enough_points_in_the_sphere():
    points = spheres(64)
    clouds = augment(points, torch.arange(64), EVERYTHING)
    assert clouds.points.isfinite().all()
    assert clouds.points.shape == points.shape
    assert (clouds.there.sum(1) >= FEWEST).all()
    weight = clouds.there[..., None]
    middle = (clouds.points * weight).sum(1) / weight.sum(1)
    assert middle.abs().max() < 1e-4
    size = (clouds.points.norm(dim=2) * clouds.there).amax(1)
    torch.testing.assert_close(size, torch.ones(64))


def test_no_number_is_read_back_from_the_device():
    """On the meta device there is none to read: what a graph cannot hold fails there."""
    points = torch.empty(8, 1024, 3, device="meta")
    clouds = augment(points, torch.empty(8, dtype=torch.int64, device="meta"), EVERYTHING)
    assert clouds.points.shape == (8, 1024, 3)
    assert clouds.there.shape == (8, 1024)


@pytest.mark.parametrize("how", [{"mirror": 1}, {"quarter_turns": True}, {"any_turn": 1}, {"turn": 30}, {"tilt": 1}])
def test_rigid_changes_keep_distances_and_height_where_they_should(how):
    points = spheres(4, 40)
    moved = changed(points, **how).points
    torch.testing.assert_close(torch.cdist(moved, moved), torch.cdist(points, points), atol=1e-3, rtol=1e-3)
    assert not torch.allclose(moved, points)
    if "tilt" not in how:
        torch.testing.assert_close(moved[..., 1], points[..., 1])
    hand = torch.linalg.det(torch.linalg.lstsq(points, moved).solution)
    torch.testing.assert_close(hand, torch.full((4,), -1.0 if "mirror" in how else 1.0))


def test_scale_stays_within_its_factor_each_axis_by_itself():
    points = spheres(200, 8)
    factors = (changed(points, scale=1.5).points / points).median(1).values  # (200, 3)
    assert factors.min() >= 1 / 1.5 - 1e-4
    assert factors.max() <= 1.5 + 1e-4
    assert 1.0 < factors.mean() < 1.17
    assert (factors.std(1) > 0.01).float().mean() > 0.9


def test_a_cut_in_knows_how_much_of_it_is_the_next_ones():
    near, far = spheres(1)[0], spheres(1)[0] + 10
    points = torch.stack([near, far] * 10)
    labels = torch.tensor([3, 5] * 10)
    clouds = augment(points, labels, Augmentation(scale=1, fewest=1024, cut_mix=1))
    of_far = (clouds.points.mean(2) > 5).float().mean(1)  # (20,)
    expected = torch.where(labels == 3, of_far, 1 - of_far)
    torch.testing.assert_close(clouds.share, expected)
    assert torch.equal(clouds.labels, labels)
    assert torch.equal(clouds.others, labels.flip(0))
    assert plain(Augmentation(cut_mix=1, tilt=0.5)) == Augmentation(tilt=0.5)


@pytest.mark.parametrize(
    ("how", "least", "most"),
    [
        ({"half_space": 1}, 0.5, 1.0),
        ({"holes": 1}, 0.5, 0.99),
        ({"uneven": 1}, 0.3, 1.0),
        ({"seen": 1}, 0.3, 0.6),
        ({"fewest": 768}, 0.75, 1.0),
        ({"few": 1}, 0.125, 1.0),
    ],
)
def test_how_much_is_taken_away(how, least, most):
    shares = changed(spheres(64), **how).there.float().mean(1)
    assert shares.min() >= least - 0.01
    assert shares.max() <= most
    assert shares.std() > 0


def test_a_half_space_takes_one_side():
    points = spheres(8)
    clouds = changed(points, half_space=1)
    for cloud, there in zip(points, clouds.there, strict=True):
        if there.all():
            continue
        gone = cloud[~there].mean(0)
        along = cloud @ (gone / gone.norm())
        assert along[~there].min() > along[there].quantile(0.9)


def test_outliers_and_jitter_stay_within_their_bounds():
    points = spheres(64)
    moved = (changed(points, outliers=1).points != points).any(2).float().mean(1)
    assert 0.05 < moved.mean() < 0.15
    assert moved.max() < 0.25
    off = (changed(points, jitter=1, jitter_by=0.03).points - points).std((1, 2))
    assert off.max() < 0.032
    assert off.min() < 0.01


def test_hidden_points_go_as_the_readable_rule_says_and_a_picture_comes_near_it():
    points = spheres(6)
    sensor = torch.tensor([[3.0, 1.5, 2.0]]).expand(6, 3)
    clouds = Clouds(points, torch.ones(6, 1024, dtype=torch.bool), *[torch.zeros(6)] * 3)
    exact = not_hidden(clouds, sensor, torch.tensor([True] * 5 + [False]))
    for number in range(5):
        seen = visible(points[number].numpy(), sensor[number].numpy(), FLIP)
        assert exact[number].nonzero()[:, 0].tolist() == seen.tolist()
    assert exact[5].all()
    near = in_front(points, clouds.there, sensor)
    both, either = (near & exact)[:5].sum(), (near | exact)[:5].sum()
    assert both / either > 0.5


def test_a_lidars_points_lie_on_lines_a_degree_apart_at_their_ranges():
    points, sensor = spheres(2), torch.tensor([[5.0, 1.0, 0.0], [0.0, 2.0, -4.0]])
    before, after = points - sensor[:, None], on_scan_lines(points, sensor) - sensor[:, None]
    torch.testing.assert_close(after.norm(dim=2), before.norm(dim=2))
    polar = torch.atan2(after[..., [0, 2]].norm(dim=2), after[..., 1]) / math.radians(1)
    torch.testing.assert_close(polar, polar.floor() + 0.5, atol=1e-3, rtol=0)
    torch.testing.assert_close(
        torch.atan2(after[..., 0], after[..., 2]), torch.atan2(before[..., 0], before[..., 2]), atol=1e-4, rtol=0
    )
