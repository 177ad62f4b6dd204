import pytest
import torch
from torch_geometric.data import Data

from nimba.datasets.transforms import RandomScale
from nimba.runtime.errors import InputError


def test_every_axis_has_a_factor_of_its_own_in_the_range():
    torch.manual_seed(0)
    scale = RandomScale(0.5, 2.0)
    factors = torch.stack([scale(Data(pos=torch.ones(5, 3))).pos for _ in range(300)])  # (300, 5, 3)
    assert (factors == factors[:, :1]).all()  # the points of a cloud share them
    assert (factors[:, 0, 0] != factors[:, 0, 1]).all()
    assert 0.5 <= factors.min() < 0.6
    assert 1.9 < factors.max() <= 2.0


def test_the_default_is_the_range_of_the_field():
    assert repr(RandomScale()) == f"RandomScale(low={2 / 3}, high=1.5)"


def test_the_input_is_not_changed():
    data = Data(pos=torch.ones(5, 3))
    RandomScale()(data)
    assert (data.pos == 1).all()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0)])
def test_ranges_that_make_no_sense(low, high):
    with pytest.raises(InputError, match="RandomScale"):
        RandomScale(low, high)
