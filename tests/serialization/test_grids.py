import pytest
import torch

from nimba.geometry.codes import AS_THEY_ARE, TRANSPOSED, curve_codes, hilbert, morton
from nimba.geometry.grid import quantize
from nimba.serialization import ORDERS, serialize
from nimba.serialization.grids import LEAF, snake
from tests.clouds_to_try import NASTY, cloud, take
from tests.geometry.test_codes import cube

TRAVERSES = [name for name in ORDERS if name.startswith("traverse_")]


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_the_snake_fills_a_cube_by_unit_steps(bits):
    cells = cube(bits)
    places = snake(cells, bits)
    assert torch.equal(places.sort().values, torch.arange(8**bits))
    assert (cells[places.argsort()].diff(dim=0).abs().sum(1) == 1).all()


def test_all_six_traverses_differ_and_run_along_their_axes():
    cells = cube(3)[None].float()
    paths = {name: take(cells, serialize(cells, name, bits=3))[0] for name in TRAVERSES}
    assert len(paths) == 6
    for name, path in paths.items():
        assert (path.diff(dim=0).abs().sum(1) == 1).all()
        changes = (path.diff(dim=0) != 0).sum(0)
        slow, middle, fast = ("xyz".index(axis) for axis in name[-3:])
        assert changes[slow] < changes[middle] < changes[fast]
    assert len({tuple(path.flatten().tolist()) for path in paths.values()}) == 6


@pytest.mark.parametrize("name", ["hilbert", "hilbert_transposed"])
def test_hilbert_orders_fill_a_whole_cube_by_unit_steps(name):
    cells = cube(4)[None].float()
    path = take(cells, serialize(cells, name, bits=4))[0]
    assert (path.diff(dim=0).abs().sum(1) == 1).all()


def test_transposed_curves_exchange_x_and_y():
    points = cloud("random")
    for name in ("morton", "hilbert"):
        exchanged = serialize(points[..., [1, 0, 2]], name)
        assert torch.equal(serialize(points, f"{name}_transposed"), exchanged)
        assert not torch.equal(serialize(points, name), exchanged)


@pytest.mark.parametrize("bits", [1, 7, 10, 21])
@pytest.mark.parametrize("axes", [AS_THEY_ARE, TRANSPOSED])
@pytest.mark.parametrize("kind", NASTY)
def test_compiled_codes_equal_those_of_torch(kind, axes, bits):
    for points in (cloud(kind), cloud(kind).double()):
        cells = quantize(points, bits)[..., list(axes)]
        assert torch.equal(curve_codes(points, bits, "morton", axes), morton(cells, bits))
        assert torch.equal(curve_codes(points, bits, "hilbert", axes), hilbert(cells, bits))


def test_octree_leaves_are_cubes_of_few_points():
    points = cloud("random", batch=1, count=500)
    path = quantize(take(points, serialize(points, "octree")), 21)[0]  # (N, 3)

    def leaves(members, depth):
        if len(members) <= LEAF:
            return [members]
        children = (path[members] >> (20 - depth)) & 1
        numbers = children[:, 0] * 4 + children[:, 1] * 2 + children[:, 2]
        assert (numbers.diff() >= 0).all()  # children come in Z-order, each in one piece
        return [leaf for n in range(8) if (numbers == n).any() for leaf in leaves(members[numbers == n], depth + 1)]

    raw = take(points, serialize(points, "octree"))[0]
    for leaf in leaves(torch.arange(500), 0):
        assert raw[leaf].tolist() == sorted(raw[leaf].tolist())


def test_an_octree_of_one_level_keeps_octants_whole():
    points = cloud("random", batch=1, count=200)
    path = quantize(take(points, serialize(points, "octree", bits=1)), 1)[0]
    codes = path[:, 0] * 4 + path[:, 1] * 2 + path[:, 2]
    assert (codes.diff() >= 0).all()
