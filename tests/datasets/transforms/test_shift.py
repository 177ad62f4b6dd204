import pytest
import torch
from torch_geometric.data import Data

from nimba.datasets.transforms import RandomShift
from nimba.runtime.errors import InputError


def test_all_points_move_by_one_vector_in_the_range():
    torch.manual_seed(0)
    shift = RandomShift(0.2)
    moved = torch.stack([shift(Data(pos=torch.zeros(5, 3))).pos for _ in range(300)])  # (300, 5, 3)
    assert (moved == moved[:, :1]).all()
    assert (moved[:, 0, 0] != moved[:, 0, 1]).all()
    assert -0.2 <= moved.min() < -0.18
    assert 0.18 < moved.max() <= 0.2


def test_no_extent_moves_nothing():
    assert (RandomShift(0.0)(Data(pos=torch.ones(5, 3))).pos == 1).all()


def test_repr():
    assert repr(RandomShift()) == "RandomShift(extent=0.2)"


@pytest.mark.parametrize("extent", [-0.1, float("nan")])
def test_a_negative_extent(extent):
    with pytest.raises(InputError, match="RandomShift"):
        RandomShift(extent)
