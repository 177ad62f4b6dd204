import subprocess
import sys

import numpy as np
import open3d as o3d
import pytest
import torch
from torch_geometric.data import Batch, Data

from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, inverse, serialize
from tests.clouds_to_try import cloud


def test_numpy_in_numpy_out():
    points = cloud("random")
    order = serialize(points.numpy())
    assert isinstance(order, np.ndarray)
    assert np.array_equal(order, serialize(points))
    assert np.array_equal(serialize(points.numpy()[:, ::-1, :][:, ::-1]), order)  # any strides


def test_open3d_clouds_and_tensors():
    points = cloud("random", batch=1)[0].numpy()
    expected = serialize(points.astype(np.float64))
    classic = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points.astype(np.float64)))
    tensors = o3d.core.Tensor(points.astype(np.float64))
    for given in (classic, o3d.t.geometry.PointCloud(tensors), tensors):
        assert np.array_equal(serialize(given), expected)


def test_torch_geometric_data_and_batches():
    clouds = [Data(pos=cloud("random", seed=i)[0, : 20 + 7 * i]) for i in range(3)]
    order = serialize(Batch.from_data_list(clouds))
    expected, before = [], 0
    for data in clouds:
        expected.append(serialize(data) + before)
        before += data.num_nodes
    assert torch.equal(order, torch.cat(expected))


@pytest.mark.parametrize("order", ORDERS)
def test_a_ragged_batch_is_each_cloud_alone(order):
    sizes = torch.tensor([5, 1, 30, 30, 12])
    batch = torch.arange(5).repeat_interleave(sizes)
    points = cloud("random", batch=1, count=int(sizes.sum()))[0]
    together = serialize(points, order, batch=batch)
    copies, begin = ORDERS[order].copies, 0
    for size in sizes.tolist():
        alone = serialize(points[begin : begin + size], order) + begin
        assert torch.equal(together[copies * begin : copies * (begin + size)], alone)
        begin += size
    places = inverse(together, copies).view(len(points), copies)  # (N, copies)
    for copy in range(copies):
        assert torch.equal(together[places[:, copy]], torch.arange(len(points)))


def test_a_batch_vector_need_not_be_sorted():
    points = cloud("random", batch=1)[0]
    batch = torch.arange(60) % 3
    order = serialize(points, batch=batch)
    assert torch.equal(batch[order], torch.arange(3).repeat_interleave(20))
    assert torch.equal(points[order[:20]], points[::3][serialize(points[::3])])


def test_half_precision_is_ordered_as_its_values_in_single():
    points = cloud("random").half()
    assert torch.equal(serialize(points), serialize(points.float()))


@pytest.mark.parametrize("order", ORDERS)
def test_no_points_and_no_clouds(order):
    assert serialize(torch.zeros(0, 3), order).shape == (0,)
    assert serialize(torch.zeros(0, 7, 3), order).shape == (0, 7 * ORDERS[order].copies)
    assert serialize(torch.zeros(0, 3), order, batch=torch.zeros(0, dtype=torch.int64)).shape == (0,)


@pytest.mark.parametrize("order", ORDERS)
def test_thousands_of_equal_points(order):
    points = torch.full((1, 4000, 3), 0.3)
    permutation = serialize(points, order)[0]
    assert torch.equal(permutation.sort().values, torch.arange(4000).repeat_interleave(ORDERS[order].copies))


@pytest.mark.parametrize(
    ("points", "arguments", "message"),
    [
        ("a string", {}, "points: str holds no cloud"),
        (np.array([["a", "b", "c"]]), {}, "points: an array of"),
        (torch.zeros(2, 5, 3), {"batch": torch.zeros(5, dtype=torch.int64)}, "batch: expected"),
        (torch.zeros(5, 3), {"batch": torch.zeros(4, dtype=torch.int64)}, "batch: expected 5 integers"),
        (torch.zeros(5, 3), {"batch": torch.zeros(5)}, "batch: expected 5 integers"),
    ],
)
def test_what_is_no_cloud_is_named(points, arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        serialize(points, **arguments)
    assert "\n" not in str(caught.value)


def test_importing_brings_in_nothing_large():
    code = (
        "import sys, nimba.serialization; "
        "print([name for name in ('lightning', 'open3d', 'torch_geometric', 'timm', 'matplotlib', 'numba', 'scipy') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
