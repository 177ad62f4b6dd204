"""Each operator's translation in ONNX Runtime beside the readable torch version, on clouds with ties of every kind."""

import pytest
import torch
from torch import nn

from nimba.geometry.neighbours import knn_batched
from nimba.geometry.sampling import fps_batched
from nimba.runtime.compiled import without_compiled_kernels
from nimba.scan.reference import selective_scan_reference
from nimba.serialization import ORDERS, serialize
from tests.clouds_to_try import NASTY, UNEVEN, cloud

pytest.importorskip("onnx", reason="ONNX is not installed (it is in nimba[onnx])")
pytest.importorskip("onnxscript", reason="onnxscript is not installed (it is in nimba[onnx])")
onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (it is in nimba[onnx])")

from nimba.export.graph import UNTRANSLATED, translate  # noqa: E402 - needs these
from nimba.export.runtime import session  # noqa: E402

CENTRES, NEAR = 9, 7
CLOUDS, POINTS = torch.export.Dim("clouds", min=1), torch.export.Dim("points", min=CENTRES)
LARGE = tuple(kind for kind in NASTY + UNEVEN if kind not in ("one", "two"))


class Calls(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *tensors):
        return self.function(*tensors)


def in_onnx(function, example, sizes, count=1):
    """A function of tensors as one that ONNX Runtime computes: through the exporter and back.

    Args:
        function: gives one tensor, or a tuple of ``count``; so does what is returned.
        example: its arguments.
        sizes: their dynamic shapes.
        count: see there.
    """
    program = torch.export.export(Calls(function), example, dynamic_shapes={"tensors": sizes})
    names = [f"x{number}" for number in range(len(example))]
    results = [f"y{number}" for number in range(count)]
    model = session(translate(program, names, results).SerializeToString())

    def run(*tensors):
        found = model.run(None, {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=True)})
        return torch.from_numpy(found[0]) if count == 1 else tuple(map(torch.from_numpy, found))

    return run


@pytest.fixture(scope="module")
def sampled():
    return in_onnx(
        lambda points: torch.ops.nimba.farthest_point_sampling(points, CENTRES),
        (cloud("random"),),
        ({0: CLOUDS, 1: POINTS},),
    )


@pytest.fixture(scope="module")
def nearest():
    return in_onnx(
        lambda points, centres: torch.ops.nimba.k_nearest(points, centres, NEAR),
        (cloud("random"), cloud("random", count=20)),
        ({0: CLOUDS, 1: POINTS}, {0: CLOUDS, 1: torch.export.Dim("centres", min=2)}),
    )


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize(("batch", "count"), [(3, 60), (1, 33)])
def test_sampling(sampled, kind, batch, count):
    points = cloud(kind, batch, count)
    assert torch.equal(sampled(points), fps_batched(points, CENTRES))


def test_sampling_of_fewer_points_than_centres():
    sample = in_onnx(
        lambda points: torch.ops.nimba.farthest_point_sampling(points, CENTRES), (cloud("two"),), ({0: CLOUDS},)
    )
    assert torch.equal(sample(cloud("two")), fps_batched(cloud("two"), CENTRES))


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize(("batch", "count"), [(3, 60), (1, 33)])
def test_neighbours(nearest, kind, batch, count):
    points = cloud(kind, batch, count)
    centres = points[:, 2:25].contiguous()
    assert torch.equal(nearest(points, centres), knn_batched(points, centres, NEAR))


CHOICES = [
    *({"order": "nimba", "variant": variant, "r": r} for variant in ("first", "nearest", "swap") for r in (0.3, 0.8)),
    {"order": "nimba", "axis": "x", "start": "high"},
    {"order": "nimba", "axis": "z", "start": 3},
    {"order": "greedy", "start": 1},
    {"order": "random", "seed": 3},
    {"order": "axis", "axis": "z", "start": "high"},
    {"order": "hilbert", "bits": 3},
]
OTHERS = [
    {"order": name, "bits": 6} for name in ORDERS if name not in (*UNTRANSLATED, *(one["order"] for one in CHOICES))
]


@pytest.fixture(scope="module", params=[CHOICES, pytest.param(OTHERS, marks=pytest.mark.slow)], ids=["some", "others"])
def ordered(request):
    """Choices of an order, and all of them in one graph, which takes a fraction of the time of one for each."""
    choices = request.param
    return choices, in_onnx(
        lambda points: tuple(serialize(points, check=False, **chosen) for chosen in choices),
        (cloud("random"),),
        ({0: CLOUDS},),
        len(choices),
    )


@pytest.mark.parametrize("batch", [3, 1])
def test_orders(ordered, batch):
    """Centres are as many in each cloud, so only the number of clouds varies."""
    choices, order = ordered
    for kind in LARGE:
        points = cloud(kind, batch)
        with without_compiled_kernels():
            for chosen, found in zip(choices, order(points), strict=True):
                assert torch.equal(found, serialize(points, **chosen)), (chosen, kind)


@pytest.mark.parametrize("states", [1, 8])
def test_scan(states):
    batch, length, channels = 3, 19, 12
    generator = torch.Generator().manual_seed(0)

    def random(*size):
        return torch.randn(*size, generator=generator)

    tensors = (
        random(batch, length, channels),
        random(batch, length, channels).exp(),
        -random(channels, states).exp(),
        random(batch, length, states),
        random(batch, length, states),
        random(channels),
    )
    sizes = tuple({0: CLOUDS} if tensor.ndim == 3 else None for tensor in tensors)
    scan = in_onnx(lambda *t: torch.ops.nimba.selective_scan(*t)[0], tensors, sizes)
    for count in (batch, 1):
        some = tuple(tensor[:count] if tensor.ndim == 3 else tensor for tensor in tensors)
        torch.testing.assert_close(scan(*some), selective_scan_reference(*some), rtol=1e-5, atol=1e-5)
