"""Which way a mixer goes on a CUDA device, and what the kernels are given there; mamba-ssm's are stood in for."""

import sys
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F

from nimba.mixers import Mamba
from nimba.mixers.convolution import causal_conv_silu
from nimba.mixers.mamba_cuda import choose_path, mix_with_scan_kernel
from nimba.scan.reference import selective_scan_reference

USUAL = {"dtype": torch.float32, "length": 64, "d_state": 16, "d_conv": 4}
BUILT = {"scan_kernel": True, "conv_kernel": True, "compiling": False}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "fused"),
        ({"dtype": torch.bfloat16}, "fused"),
        ({"dtype": torch.float16}, "fused"),
        ({"dtype": torch.float64}, "own"),
        ({"d_state": 256}, "fused"),
        ({"d_state": 257}, "own"),
        ({"d_conv": 1}, "scan kernel"),
        ({"d_conv": 2}, "fused"),
        ({"d_conv": 5}, "scan kernel"),
        ({"length": 1}, "scan kernel"),
        ({"conv_kernel": False}, "scan kernel"),
        ({"scan_kernel": False}, "own"),
        ({"compiling": True}, "own"),
    ],
)
def test_kernels_are_called_only_for_what_they_take(facts, expected):
    """What they refuse works on a CPU, so it has to work on CUDA."""
    assert choose_path(**(USUAL | BUILT | facts)) == expected


def scan_kernel(u, delta, A, B, C, D, z, delta_bias, delta_softplus):
    """mamba-ssm's ``selective_scan_fn`` in its own layout, with the checks of its CUDA code."""
    assert u.dtype == delta.dtype == B.dtype == C.dtype == z.dtype
    assert A.dtype == D.dtype == delta_bias.dtype == torch.float32
    assert delta_softplus
    assert all(t.is_contiguous() for t in (u, delta, B, C, z))
    rows = (t.transpose(1, 2).float() for t in (u, F.softplus(delta.float() + delta_bias[:, None])))
    y = selective_scan_reference(*rows, A, *(t.transpose(1, 2).float() for t in (B, C)), D).transpose(1, 2)
    return (y * F.silu(z.float())).to(u.dtype)


@pytest.mark.parametrize(("autocast", "bound"), [(False, 1e-5), (True, 3e-2)])
def test_the_scan_kernel_gets_sequences_of_one_type(monkeypatch, autocast, bound):
    """Under autocast the convolution's float32 weights made its result float32, beside step sizes in bfloat16."""
    package = ModuleType("mamba_ssm.ops.selective_scan_interface")
    package.selective_scan_fn = scan_kernel
    for name in ("mamba_ssm", "mamba_ssm.ops", package.__name__):
        monkeypatch.setitem(sys.modules, name, package)
    torch.manual_seed(0)
    mixer, x = Mamba(16, d_state=4), torch.randn(2, 9, 16)
    expected = mixer(x)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        found = mix_with_scan_kernel(mixer, x)
    assert ((found - expected).norm() / expected.norm()).item() < bound


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_the_convolution_keeps_the_type_of_its_sequence(dtype):
    """Its weights are float32 under autocast; the scan after it would else read and write twice the bytes."""
    x, weight, bias = torch.randn(2, 7, 3, dtype=dtype), torch.randn(3, 1, 4), torch.randn(3)
    found = causal_conv_silu(x, weight, bias)
    assert found.dtype == dtype
    torch.testing.assert_close(
        found.double(), causal_conv_silu(x.double(), weight.double(), bias.double()), rtol=1e-2, atol=1e-2
    )


def test_autocast_hands_the_scan_half_precision(monkeypatch):
    """As on CUDA in Triton: u, B and C in bfloat16; step sizes, A and D stay in float32."""
    given = []

    def scan(*tensors):
        given.extend(tensor.dtype for tensor in tensors)
        return tensors[0]

    monkeypatch.setattr("nimba.mixers.mamba.selective_scan", scan)
    with torch.autocast("cpu", torch.bfloat16):
        Mamba(16, d_state=4)(torch.randn(1, 5, 16))
    half, full = torch.bfloat16, torch.float32
    assert given == [half, full, full, half, half, full]
