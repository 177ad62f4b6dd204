import pytest
import torch
from torch_geometric.data import Data

from nimba.clouds import normalise
from nimba.datasets.transforms import Normalise
from nimba.runtime.errors import InputError


@pytest.mark.parametrize("mode", ["unit_sphere", "cube"])
def test_it_does_what_the_clouds_do(mode):
    points = torch.randn(50, 3) * 7 + 3
    data = Normalise(mode)(Data(pos=points))
    torch.testing.assert_close(data.pos, normalise(points, mode), rtol=0, atol=0)
    assert data.pos.abs().max() <= 1


def test_repr():
    assert repr(Normalise("cube")) == "Normalise(mode='cube')"


def test_an_unknown_mode():
    with pytest.raises(InputError, match="Normalise to 'none'"):
        Normalise("none")
