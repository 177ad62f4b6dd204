"""Mixed clouds: what they are made of, and what their labels weigh."""

import pytest
import torch
from jsonargparse import ArgumentParser

from nimba.clouds import normalise
from nimba.datasets.transforms import PointWOLF
from nimba.runtime.errors import InputError
from nimba.training.mixing import MixedBatch, Mixing, PointCutMixK, PointCutMixR, RSMix, WOLFMix

CUTS = [PointCutMixR, PointCutMixK]
ALL = [*CUTS, RSMix, WOLFMix]
STILL = PointWOLF(rotation=0.0, scale=1.0, translation=0.0, normalisation="none")
LABELS = torch.arange(8)


def still(mixing, **options):
    """A mixing that replaces points and does nothing else."""
    return mixing(**options, **({"deformation": STILL} if mixing is WOLFMix else {}))


def clouds(size=8, num_points=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return normalise(torch.randn(size, num_points, 3, generator=generator), "unit_sphere")


def replaced(mixed, points):
    """(B, N): which points are not what they were."""
    return (mixed.points != points).any(2)


def distances(one, other):
    return torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")


@pytest.mark.parametrize("mixing", ALL)
def test_the_share_is_that_of_the_points_that_came(mixing):
    points, shares, told_apart = clouds(), [], 0
    for seed in range(50):
        mixed = still(mixing, probability=1.0)(points, LABELS, seed)
        assert mixed.points.shape == points.shape
        assert mixed.points.isfinite().all()
        came = mixed.share * 64 - replaced(mixed, points).sum(1)
        # The middle of a ball comes to the middle of another: where it takes its very place, nobody can tell.
        assert set(came.tolist()) <= ({0.0} if mixing in CUTS else {0.0, 1.0})
        assert torch.equal(mixed.labels, LABELS)
        shares.append(mixed.share)
        told_apart += (came == 0).sum().item()
    assert told_apart > 0.8 * 50 * 8
    shares = torch.stack(shares)
    assert len(shares.unique()) > 20
    assert shares.max() <= (1.0 if mixing in CUTS else 0.5)


@pytest.mark.parametrize("mixing", CUTS)
def test_cut_points_are_whole_points_of_the_other_cloud_and_none_twice(mixing):
    points = clouds()
    mixed = mixing(probability=1.0)(points, LABELS, seed=3)
    for cloud, gone, other in zip(mixed.points, replaced(mixed, points), mixed.others, strict=True):
        came = {tuple(point) for point in cloud[gone].tolist()}
        assert len(came) == gone.sum()
        assert came <= {tuple(point) for point in points[other].tolist()}


def test_neighbours_go_and_neighbours_come():
    points = clouds(2, 200)
    mixed = PointCutMixK(probability=1.0)(points, LABELS[:2], seed=1)
    gone = replaced(mixed, points)[0]
    assert 20 < gone.sum() < 180
    # Some point of the cloud is nearer to all that went than to any that stayed, and so it is with those that came.
    centres = [
        c
        for c in points[0]
        if (points[0][gone] - c).norm(dim=1).max() <= (points[0][~gone] - c).norm(dim=1).min()
        and torch.equal(
            (mixed.points[0][gone] - c).norm(dim=1).sort().values,
            (points[1] - c).norm(dim=1).sort().values[: gone.sum()],
        )
    ]
    assert len(centres) == 1


def test_a_ball_comes_unbent_to_where_a_ball_went():
    points = clouds(2, 200)
    mixed = RSMix(probability=1.0, max_share=1.0)(points, LABELS[:2], seed=0)
    gone = replaced(mixed, points)[0]
    assert 10 < gone.sum() < 190
    came, other = mixed.points[0][gone], points[1]
    # All that came are points of the other cloud, moved by one and the same shift, from a point of its to one of ours.
    shifts = (points[0][:, None] - other[None]).reshape(-1, 3)  # (40000, 3)
    shifts = shifts[distances(came[:1] - shifts, other).amin(1) < 1e-6]
    assert any(distances(came - shift, other).amin(1).max() < 1e-6 for shift in shifts)
    # All that went, and nothing else, is nearer to one of them than some radius.
    farthest, nearest = (distances(points[0][gone], points[0][which]) for which in (gone, ~gone))
    assert (farthest.amax(1) < nearest.amin(1)).any()


def test_a_smaller_ball_is_repeated_equally_often():
    # Of equal radius one ball holds 3 points, the other 60.
    sparse = torch.cat([torch.eye(3) * 1e-3, torch.tensor([[9.0, 9, 9]]).repeat(61, 1)])
    dense = torch.rand(64, 3, generator=torch.Generator().manual_seed(0)) * 1e-3
    points = torch.stack([sparse, dense])
    for seed in range(200):
        mixed = RSMix(probability=1.0, max_share=1.0)(points, LABELS[:2], seed)
        gone = replaced(mixed, points)[1]
        came, times = mixed.points[1][gone].unique(dim=0, return_counts=True)
        if len(came) == 3:
            assert gone.sum() == 64
            assert sorted(times.tolist()) == [21, 21, 22]
            return
    pytest.fail("no seed drew a point of the small ball")


def test_a_ball_takes_no_more_than_its_share():
    mixed = RSMix(probability=1.0, beta=1000.0, max_share=0.25)(clouds() * 1e-3, LABELS, seed=0)
    assert (mixed.share == 0.25).all()


def test_a_ball_with_its_middle_alone_leaves_the_cloud():
    points = clouds() * 1e6
    mixed = RSMix(probability=1.0)(points, LABELS, seed=0)
    assert torch.equal(mixed.points, points)
    assert (mixed.share == 0).all()


@pytest.mark.parametrize("mixing", ALL)
def test_with_probability_0_nothing_changes(mixing):
    points = clouds()
    mixed = still(mixing, probability=0.0)(points, LABELS, seed=0)
    assert torch.equal(mixed.points, points)
    assert (mixed.share == 0).all()
    assert torch.equal(mixed.dominating, LABELS)


@pytest.mark.parametrize("mixing", CUTS)
def test_the_ends_of_lambda(mixing):
    """A tiny beta draws 0 or 1: one point then, or all of them."""
    points = clouds()
    mixed = mixing(probability=1.0, beta=1e-3)(points, LABELS, seed=0)
    assert set(mixed.share.tolist()) == {1 / 64, 1.0}
    whole = mixed.share == 1
    for cloud, other in zip(mixed.points[whole], mixed.others[whole], strict=True):
        assert {tuple(p) for p in cloud.tolist()} == {tuple(p) for p in points[other].tolist()}


@pytest.mark.parametrize("mixing", ALL)
def test_about_as_many_are_mixed_as_the_probability_says(mixing):
    points = clouds(512, 32)
    share = mixing(probability=0.25)(points, torch.arange(512), seed=0).share
    at_most = 0.25 + 0.06
    assert (0.25 - 0.06 if mixing in CUTS else 0.1) < (share > 0).float().mean() < at_most


@pytest.mark.parametrize("mixing", ALL)
def test_everyone_is_once_the_partner_of_another(mixing):
    for seed in range(20):
        others = mixing()(clouds(), LABELS, seed).others
        assert torch.equal(others.sort().values, LABELS)
        assert (others != LABELS).all()


@pytest.mark.parametrize("mixing", ALL)
def test_a_cloud_alone_stays(mixing):
    points = clouds(1)
    mixed = still(mixing, probability=1.0)(points, LABELS[:1], seed=0)
    assert torch.equal(mixed.points, points)
    assert mixed.share.tolist() == [0.0]
    assert mixed.others.tolist() == [0]


@pytest.mark.parametrize("mixing", ALL)
@pytest.mark.parametrize("num_points", [1, 2, 40])
def test_duplicates_are_points_like_others(mixing, num_points):
    points = torch.zeros(4, num_points, 3)
    points[1::2] = 0.5
    mixed = mixing(probability=1.0)(points, LABELS[:4], seed=0)
    assert mixed.points.shape == points.shape
    assert mixed.points.isfinite().all()
    assert ((mixed.share >= 0) & (mixed.share <= 1)).all()


@pytest.mark.parametrize("mixing", ALL)
def test_equal_seeds_mix_equally_and_others_do_not(mixing):
    def outcome(seed):
        mixed = mixing(probability=1.0)(clouds(), LABELS, seed)
        return mixed.points, mixed.others, mixed.share

    torch.manual_seed(1)
    first = outcome(7)
    torch.manual_seed(2)  # the global generator plays no part
    assert all(map(torch.equal, first, outcome(7)))
    assert not torch.equal(first[0], outcome(8)[0])


def test_the_batch_that_comes_in_is_not_changed():
    points = clouds()
    before = points.clone()
    for mixing in ALL:
        mixing(probability=1.0)(points, LABELS, seed=0)
    assert torch.equal(points, before)


def test_wolfmix_is_pointwolf_then_rsmix():
    points = clouds()
    mixed = WOLFMix(probability=1.0)(points, LABELS, seed=5)
    bent = WOLFMix(probability=0.0)(points, LABELS, seed=5)
    assert (bent.share == 0).all()
    assert not torch.isclose(bent.points, points).all(2).all(1).any()
    came = mixed.share * 64 - replaced(mixed, bent.points).sum(1)
    assert set(came.tolist()) <= {0.0, 1.0}
    assert mixed.share.max() > 0


def test_coordinates_keep_their_precision_under_autocast():
    plain = WOLFMix()(clouds(), LABELS, seed=0).points
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(WOLFMix()(clouds(), LABELS, seed=0).points, plain)


def test_the_loss_is_that_of_both_labels_by_their_shares():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    labels, others = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0])
    mixed = MixedBatch(torch.zeros(3, 4, 3), labels, others, torch.tensor([0.25, 0.0, 0.75]))
    # ln(e^2 + 2) = 2.239545, ln(e + 2) = 1.551445, ln(e^3 + 2) = 3.094923
    by_hand = (
        0.75 * (2.239545 - 2) + 0.25 * 2.239545,
        1.551445 - 1,
        0.25 * (3.094923 - 3) + 0.75 * 3.094923,
    )
    assert mixed.cross_entropy(logits).item() == pytest.approx(sum(by_hand) / 3, abs=1e-5)
    # Smoothing 0.3 leaves 0.7 of that and spreads 0.3 evenly over the three classes.
    spread = (2.239545 - 2 / 3, 1.551445 - 1 / 3, 3.094923 - 3 / 3)
    expected = 0.7 * sum(by_hand) / 3 + 0.3 * sum(spread) / 3
    assert mixed.cross_entropy(logits, label_smoothing=0.3).item() == pytest.approx(expected, abs=1e-5)
    assert mixed.dominating.tolist() == [0, 1, 0]


def test_half_and_half_counts_as_its_own():
    half = MixedBatch(torch.zeros(1, 4, 3), torch.tensor([0]), torch.tensor([1]), torch.tensor([0.5]))
    assert half.dominating.tolist() == [0]


def test_without_a_share_the_loss_is_plain_cross_entropy():
    logits = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    mixed = MixedBatch(clouds(), LABELS, LABELS.roll(1), torch.zeros(8))
    plain = torch.nn.functional.cross_entropy(logits, LABELS, label_smoothing=0.1)
    torch.testing.assert_close(mixed.cross_entropy(logits, 0.1), plain)


@pytest.mark.parametrize("mixing", ALL)
@pytest.mark.parametrize("wrong", [{"probability": 1.1}, {"probability": -0.1}, {"beta": 0.0}, {"beta": float("nan")}])
def test_arguments_out_of_range(mixing, wrong):
    with pytest.raises(InputError, match=mixing.__name__):
        mixing(**wrong)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_ball_of_an_impossible_share(share):
    with pytest.raises(InputError, match="RSMix of up to"):
        RSMix(max_share=share)


def test_a_configuration_sets_the_deformation():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--mixing", type=Mixing)
    deformation = "{class_path: nimba.datasets.transforms.PointWOLF, init_args: {sigma: 0.3}}"
    text = f"{{class_path: nimba.training.mixing.WOLFMix, init_args: {{deformation: {deformation}}}}}"
    made = parser.instantiate(parser.parse_args([f"--mixing={text}"])).mixing
    assert isinstance(made, WOLFMix)
    assert made.deformation.sigma == 0.3
