import pytest
import torch

from nimba.tokens.neighbour_max import neighbour_max_gathered
from tests.ahead import compile_ahead, needs_ptxas
from tests.interpreter import interpreted


@pytest.mark.parametrize("sizes", [(40, 40, 20, 5), (40, 33, 70, 3), (1, 1, 1, 1)])
@interpreted
def test_equals_the_reference(sizes):
    from nimba.tokens.edges_triton import edges_backward, edges_forward

    points, groups, channels, neighbours = sizes
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, points, channels, generator=generator).round(decimals=1)  # with ties
    table = torch.randint(points, (2, groups, neighbours), generator=generator)
    x.requires_grad_()
    expected = neighbour_max_gathered(x, table) - x[:, :groups]
    found, winner = edges_forward(x.detach(), table)
    assert torch.equal(found, expected)
    slope = torch.randn(expected.shape, generator=generator)
    expected.backward(slope)
    torch.testing.assert_close(edges_backward(slope, table, winner, points), x.grad, rtol=1e-5, atol=1e-5)


@interpreted
def test_half_precision_and_nan():
    from nimba.tokens.edges_triton import edges_backward, edges_forward

    x = torch.tensor([[[1.0], [torch.nan], [3.0]]])
    edges, winner = edges_forward(x, torch.tensor([[[0, 1, 2], [2, 0, 0], [0, 0, 2]]]))
    assert edges.isnan()[0, :2, 0].all()
    assert edges[0, 2, 0] == 0
    assert winner[0, :, 0].tolist() == [1, 0, 2]
    half = torch.randn(1, 40, 16).bfloat16()
    table = torch.randint(40, (1, 40, 4))
    edges, winner = edges_forward(half, table)
    torch.testing.assert_close(edges, neighbour_max_gathered(half, table) - half)  # triton's interpreter cuts digits
    assert edges_backward(edges, table, winner, 40).dtype == torch.bfloat16


@needs_ptxas
@pytest.mark.parametrize("kernel", ["_forward", "_backward"])
def test_compiles_for_an_h100(kernel):
    from nimba.tokens import edges_triton

    found = getattr(edges_triton, kernel)
    types = {"x": "*bf16", "edges": "*bf16", "grad": "*bf16", "dx": "*fp32", "neighbours": "*i64", "winner": "*u8"}
    types |= dict.fromkeys(("points", "channels", "groups", "count"), "i32")
    assembly = compile_ahead(found, types, {"POINTS": 32, "CHANNELS": 64}, num_warps=4)
    assert "cubin" in assembly
