import pytest
import torch
from torch_geometric.data import Data

from nimba.datasets.transforms import PointDropout
from nimba.runtime.errors import InputError


def kept_share(highest: float) -> list[float]:
    points = torch.arange(1, 601.0).reshape(200, 3)
    shares = []
    for _ in range(200):
        dropped = PointDropout(highest)(Data(pos=points)).pos
        replaced = (dropped != points).any(1)
        assert dropped.shape == points.shape
        assert (dropped[replaced] == points[0]).all()
        shares.append(1 - replaced.float().mean().item())
    return shares


def test_a_share_up_to_the_highest_is_replaced_by_the_first_point():
    torch.manual_seed(0)
    shares = kept_share(0.5)
    assert 0.4 < min(shares) < 0.6
    assert max(shares) > 0.95
    assert sum(shares) / len(shares) == pytest.approx(0.75, abs=0.03)


def test_a_share_of_zero_drops_nothing():
    assert set(kept_share(0.0)) == {1.0}


def test_repr():
    assert repr(PointDropout()) == "PointDropout(highest=0.875)"


@pytest.mark.parametrize("highest", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_range(highest):
    with pytest.raises(InputError, match="PointDropout"):
        PointDropout(highest)
