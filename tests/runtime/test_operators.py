"""The kernels as torch operators: what tracing, exporting and compiling see of them."""

import subprocess
import sys

import pytest
import torch

from nimba import create_model
from nimba.mixers.convolution import causal_conv_silu
from nimba.scan.selective import selective_scan

CHECKS = ("test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic")


def scan_arguments(length=5, channels=3, order=2, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    shapes = [(2, length, channels)] * 2 + [(channels, order)] + [(2, length, order)] * 2 + [(channels,)]
    u, delta, A, B, C, D = (torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes)
    return [t.requires_grad_() for t in (u, delta.abs(), -A.abs(), B, C, D)]


def test_the_scan_is_a_proper_operator():
    torch.library.opcheck(torch.ops.nimba.selective_scan, scan_arguments(), test_utils=CHECKS)


def test_the_convolution_is_a_proper_operator():
    generator = torch.Generator().manual_seed(0)
    arguments = [torch.randn(shape, generator=generator).requires_grad_() for shape in ((2, 5, 3), (3, 4), (3,))]
    torch.library.opcheck(torch.ops.nimba.causal_conv_silu, arguments, test_utils=CHECKS)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("farthest_point_sampling", (torch.rand(2, 30, 3), 8)),
        ("k_nearest", (torch.rand(2, 30, 3), torch.rand(2, 5, 3), 4)),
        ("serialize", (torch.rand(2, 30, 3), "nimba", 0.8, "y", "low", "first", None, 0)),
        ("serialize", (torch.rand(2, 30, 3), "three_axes", 0.8, "y", "low", "first", 10, 0)),
    ],
)
def test_searches_are_proper_operators(name, arguments):
    torch.library.opcheck(getattr(torch.ops.nimba, name), arguments, test_utils=("test_schema", "test_faketensor"))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return create_model("nimba_tiny", num_classes=5).eval()


def test_a_network_is_exported_whole(model):
    points = torch.rand(3, 200, 3)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(model, (points,), dynamic_shapes={"points": {0: batch}})
    other = torch.rand(5, 200, 3)
    assert torch.equal(program.module()(other), model(other))
    graphs = [part.graph for part in program.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
    called = {str(node.target) for graph in graphs for node in graph.nodes}
    for name in ("farthest_point_sampling", "k_nearest", "serialize", "selective_scan", "causal_conv_silu"):
        assert f"nimba.{name}.default" in called


def test_a_network_compiles_without_a_break_in_its_graph(model):
    points = torch.rand(2, 200, 3)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    expected = model(points)
    expected.square().sum().backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    logits = compiled(points)
    logits.square().sum().backward()
    torch.testing.assert_close(logits, expected)
    for p, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(p.grad, gradient)
    model.zero_grad()


def test_no_gradient_where_none_is_asked_for():
    arguments = scan_arguments()
    arguments[2].requires_grad_(False)
    selective_scan(*arguments).sum().backward()
    assert arguments[2].grad is None
    assert all(arguments[i].grad is not None for i in (0, 1, 3, 4, 5))


def test_the_convolution_takes_any_strides():
    x = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(0))[..., :3].requires_grad_()
    weight, bias = torch.ones(3, 1, 4), torch.zeros(3)
    causal_conv_silu(x, weight, bias).transpose(1, 2).sum().backward()
    assert x.grad is not None


def test_calling_them_does_not_import_the_compiler():
    code = """
import sys, torch, nimba
model = nimba.create_model("nimba_tiny", num_classes=3)
model(torch.rand(2, 64, 3)).sum().backward()
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
