"""The scan's Triton kernels compiled for an H100, which needs none."""

import re

import pytest

from tests.ahead import compile_ahead, needs_ptxas

TYPES = {
    **dict.fromkeys(("u", "B", "C", "y", "dy", "du", "drive", "towards"), "*bf16"),
    **dict.fromkeys(("delta", "A", "D", "entering", "total", "states", "ddelta", "dA", "dB", "dC", "dD"), "*fp32"),
    **{f"{name}_{axis}": "i32" for name in ("u", "delta", "B", "C", "drive", "towards") for axis in ("cloud", "step")},
    **dict.fromkeys(("length", "chunk", "chunks", "channels", "order"), "i32"),
}
FLAGS = {"CHUNKED": True, "KEEP": True, "REVERSE": True}
SIZES = {"ORDER": 16, "CHANNELS": 8, "STEPS": 2, "BLOCK": 128}
PRODUCT = re.compile(r"arith\.muli (%\w+), (%\w+) : i32")


@needs_ptxas
@pytest.mark.parametrize("name", ["scan_chunk", "slope_chunk", "leave_chunk", "carry_on"])
def test_compiles_for_hopper(name):
    """Nothing depends on timing, and places in a sequence of millions of steps do not overflow."""
    import triton.language as tl

    from nimba.scan import backward_triton, chunks_triton, forward_triton

    kernels = [vars(module).get(name) for module in (forward_triton, backward_triton, chunks_triton)]
    found = compile_ahead(next(filter(None, kernels)), TYPES, FLAGS | SIZES | {"STATE": tl.float32}, num_warps=1)
    assert ".target sm_90a" in found["ptx"]
    assert found["cubin"]
    assert not re.search(r"\b(atom|red)\.", found["ptx"])  # sums of several programs
    for factors in PRODUCT.findall(found["ttir"]):  # in 32 bits only what no sequence makes large
        assert any(factor.startswith("%c") and factor.endswith("_i32") for factor in factors) or set(factors) == {
            "%channels",
            "%order",
        }
