import pytest
import torch

from nimba.geometry.codes import hilbert, morton
from nimba.geometry.grid import quantize


def cube(bits):
    side = torch.arange(2**bits)
    return torch.stack(torch.meshgrid(side, side, side, indexing="ij"), -1).view(-1, 3)  # (8^bits, 3)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_hilbert_visits_every_cell_of_a_cube_by_unit_steps(bits):
    cells = cube(bits)
    codes = hilbert(cells, bits)
    assert torch.equal(codes.sort().values, torch.arange(8**bits))
    steps = cells[codes.argsort()].diff(dim=0).abs().sum(1)
    assert (steps == 1).all()


@pytest.mark.parametrize("bits", [2, 3])
def test_a_coarser_hilbert_curve_is_the_finer_one_without_its_last_digit(bits):
    cells = cube(bits)
    blocks = hilbert(cells, bits) >> 3
    assert len(torch.unique(torch.stack([blocks, morton(cells >> 1, bits - 1)], 1), dim=0)) == 8 ** (bits - 1)


@pytest.mark.parametrize("bits", [1, 5, 10, 21])
def test_morton_interleaves_bits_x_highest(bits):
    cells = torch.randint(0, 2**bits, (50, 3), generator=torch.Generator().manual_seed(bits))
    for cell, code in zip(cells.tolist(), morton(cells, bits).tolist(), strict=True):
        expected = "".join(digit for digits in zip(*(f"{c:0{bits}b}" for c in cell), strict=True) for digit in digits)
        assert code == int(expected, 2)


def test_cells_are_scaled_by_each_cloud_alone():
    points = torch.rand(2, 30, 3, generator=torch.Generator().manual_seed(0))
    points[1] = points[0] * 100 + 5
    cells = quantize(points, 8)
    assert cells.min() == 0
    assert cells.max() == 255
    assert (cells[0] - cells[1]).abs().max() <= 1


def test_a_cloud_without_extent_falls_into_one_cell():
    assert quantize(torch.ones(1, 5, 3), 4).eq(0).all()
