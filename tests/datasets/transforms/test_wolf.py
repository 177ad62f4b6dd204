import pytest
import torch
from torch_geometric.data import Data

from nimba.clouds import normalise
from nimba.datasets.transforms import PointWOLF
from nimba.runtime.errors import InputError

STILL = {"rotation": 0.0, "scale": 1.0, "translation": 0.0}


def sphere(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return normalise(torch.randn(*shape, 3, generator=generator), "unit_sphere")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_strength_nothing_moves():
    points = sphere(200)
    assert torch.equal(PointWOLF(**STILL, normalisation="none")(Data(pos=points)).pos, points)
    torch.testing.assert_close(PointWOLF(**STILL)(Data(pos=points)).pos, points)


def test_the_defaults_are_the_paper_s():
    assert repr(PointWOLF()) == (
        "PointWOLF(num_anchors=4, sigma=0.5, rotation=10.0, scale=3.0, translation=0.25, normalisation='unit_sphere')"
    )


def test_a_cloud_is_bent_and_brought_back_into_the_frame():
    torch.manual_seed(0)
    points = sphere(300)
    bent = PointWOLF()(Data(pos=points.clone())).pos
    assert bent.shape == points.shape
    assert bent.norm(dim=1).max() == pytest.approx(1, abs=1e-6)
    assert not torch.allclose(torch.pdist(bent), torch.pdist(points), atol=0.05)  # not as a whole


def test_the_order_of_the_points_does_not_matter():
    points = sphere(4, 200)
    order = torch.randperm(200, generator=seeded(1))
    bent, shuffled = (PointWOLF().on_batch(cloud, seeded()) for cloud in (points, points[:, order]))
    torch.testing.assert_close(shuffled, bent[:, order], rtol=0, atol=1e-6)


def test_clouds_of_a_batch_are_bent_each_its_own_way():
    bent = PointWOLF().on_batch(sphere(1, 100).expand(5, -1, -1), seeded())
    assert len({cloud.abs().sum().item() for cloud in bent}) == 5
    assert torch.equal(bent, PointWOLF().on_batch(sphere(1, 100).expand(5, -1, -1), seeded()))


def test_one_anchor_s_rotation_turns_the_whole_cloud_by_no_more_than_it_may():
    points = sphere(500, 50)
    turned = PointWOLF(num_anchors=1, rotation=10.0, scale=1.0, translation=0.0, normalisation="none").on_batch(
        points, seeded()
    )
    torch.testing.assert_close(torch.cdist(turned, turned), torch.cdist(points, points), rtol=0, atol=1e-3)
    moved = (turned != points).any(2).any(1)
    assert 0.4 < moved.float().mean() < 0.6  # the others' rotation was left out
    # Three turns of up to 10 degrees move a point no further than one of 30: by 2 sin(15 degrees) of its distance
    # from the anchor, which is at most 2.
    assert 0.2 < (turned - points).norm(dim=2).max() < 2 * 2 * 0.259


def test_one_anchor_s_scaling_and_shift_keep_to_their_ranges_and_axes():
    points = sphere(400, 50)
    scaled = PointWOLF(1, rotation=0.0, scale=3.0, translation=0.0, normalisation="none").on_batch(points, seeded())
    factors = (scaled.amax(1) - scaled.amin(1)) / (points.amax(1) - points.amin(1))  # (400, 3)
    assert factors.min() > 0.999
    assert 2.9 < factors.max() < 3.001
    # Scaled with probability 1/2, and then an axis with 4/7.
    assert (factors > 1.001).float().mean().item() == pytest.approx(2 / 7, abs=0.05)

    shifted = PointWOLF(1, rotation=0.0, scale=1.0, translation=0.25, normalisation="none").on_batch(points, seeded())
    shift = shifted - points  # (400, 50, 3)
    torch.testing.assert_close(shift, shift[:, :1].expand_as(shift))
    assert 0.24 < shift.max() <= 0.2501
    assert -0.24 > shift.min() >= -0.2501
    assert (shift[:, 0] != 0).float().mean().item() == pytest.approx(2 / 7, abs=0.05)


def test_near_an_anchor_its_own_transformation_rules():
    """With a narrow Gaussian each point follows its nearest anchor, so its shift is one of as many as anchors."""
    generator = seeded()
    points = torch.tensor([[0.0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]]).repeat(100, 1)[None]  # (1, 400, 3)
    wolf = PointWOLF(4, sigma=0.01, rotation=0.0, scale=1.0, translation=0.25, normalisation="none")
    seen = set()
    for _ in range(20):
        shift = (wolf.on_batch(points, generator) - points).reshape(100, 4, 3)
        torch.testing.assert_close(shift, shift[:1].expand_as(shift))
        seen.add(len({tuple(row) for row in shift[0].tolist()}))
    assert max(seen) > 1


@pytest.mark.parametrize("points", [torch.ones(1, 6, 3), torch.zeros(2, 1, 3)], ids=["duplicates", "one point"])
def test_clouds_without_extent_stay_finite(points):
    assert PointWOLF().on_batch(points, seeded()).isfinite().all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"num_anchors": 0},
        {"sigma": 0.0},
        {"rotation": -1.0},
        {"scale": 0.5},
        {"translation": -0.1},
        {"sigma": float("nan")},
        {"scale": float("nan")},
    ],
)
def test_arguments_out_of_range(wrong):
    with pytest.raises(InputError, match="PointWOLF"):
        PointWOLF(**wrong)


def test_an_unknown_frame():
    with pytest.raises(InputError, match="normalisation"):
        PointWOLF(normalisation="sphere")
