import pytest
import torch

from nimba.datasets.transforms import RandomSubset
from nimba.runtime.errors import InputError


def test_points_that_are_kept_take_the_others_places_evenly():
    points = torch.randn(50, 40, 3, generator=torch.Generator().manual_seed(0))
    kept = RandomSubset(25).on_batch(points, torch.Generator().manual_seed(1))
    assert kept.shape == points.shape
    counts = set()
    for before, after in zip(points, kept, strict=True):
        same = (after[:, None] == before[None]).all(2)  # (40, 40)
        assert same.any(1).all()  # nothing is new
        times = same.sum(0)
        assert times[times > 0].max() <= 2
        counts.add(int((times > 0).sum()))
    assert min(counts) >= 25
    assert max(counts) <= 40
    assert len(counts) > 8
    assert torch.equal(kept, RandomSubset(25).on_batch(points, torch.Generator().manual_seed(1)))


def test_small_clouds_are_kept_whole_and_nonsense_is_refused():
    points = torch.randn(1, 10, 3)
    kept = RandomSubset(25).on_batch(points)
    assert torch.equal(kept[0].sort(0).values, points[0].sort(0).values)
    with pytest.raises(InputError, match="give 1 or more"):
        RandomSubset(0)
