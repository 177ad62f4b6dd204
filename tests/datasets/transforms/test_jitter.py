import pytest
import torch
from torch_geometric.data import Data

from nimba.datasets.transforms import ClippedJitter
from nimba.runtime.errors import InputError


def test_the_noise_is_gaussian_and_clipped():
    torch.manual_seed(0)
    noise = ClippedJitter(sigma=0.01, clip=0.02)(Data(pos=torch.zeros(20_000, 3))).pos
    assert noise.abs().max() == pytest.approx(0.02)
    inside = noise.abs() < 0.0199
    # Of a normal distribution 95.4 % lie within two standard deviations and 68.3 % within one.
    assert inside.float().mean().item() == pytest.approx(0.954, abs=0.01)
    assert (noise.abs() < 0.01).float().mean().item() == pytest.approx(0.683, abs=0.01)


def test_no_sigma_moves_nothing():
    assert (ClippedJitter(sigma=0.0)(Data(pos=torch.ones(5, 3))).pos == 1).all()


def test_repr():
    assert repr(ClippedJitter()) == "ClippedJitter(sigma=0.01, clip=0.05)"


@pytest.mark.parametrize(("sigma", "clip"), [(-0.1, 1.0), (0.1, 0.0), (0.1, -1.0), (float("nan"), 1.0)])
def test_arguments_out_of_range(sigma, clip):
    with pytest.raises(InputError, match="ClippedJitter"):
        ClippedJitter(sigma, clip)
