"""The scan's rivals compute the same, forward and backward: a ratio of unlike work would say nothing."""

import pytest
import torch

import nimba
from benchmarks.network import usual_parts
from benchmarks.rivals_scan import lean_loop, reference_of_mamba_ssm
from nimba.scan.reference import selective_scan_reference


@pytest.mark.parametrize("rival", [lean_loop, reference_of_mamba_ssm])
def test_a_rival_equals_the_reference(rival):
    generator = torch.Generator().manual_seed(0)
    shapes = (2, 7, 5), (2, 7, 5), (5, 3), (2, 7, 3), (2, 7, 3), (5,)
    u, delta, A, B, C, D = (torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)
    inputs = [t.requires_grad_() for t in (u, delta.abs(), -A.abs(), B, C, D)]
    found, expected = rival(*inputs), selective_scan_reference(*inputs)
    torch.testing.assert_close(found, expected)
    gradients = (torch.autograd.grad(y.sin().sum(), inputs) for y in (found, expected))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_the_usual_parts_stand_in_for_ours():
    model = nimba.create_model("nimba_tiny", num_classes=3).eval()
    points = torch.rand(2, 64, 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours = model(points)
        with usual_parts():
            torch.testing.assert_close(model(points), ours, rtol=1e-4, atol=1e-4)
