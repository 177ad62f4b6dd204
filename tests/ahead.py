"""Triton kernels compiled for an H100 (sm_90a) on any machine: what comes out can be read, though not run."""

import os
from importlib.util import find_spec
from typing import Any

import pytest


def _missing() -> str:
    if find_spec("triton") is None:
        return "triton is not installed (it comes with torch for CUDA)"
    from triton import knobs

    try:
        found = knobs.nvidia.ptxas.path
    except RuntimeError:  # triton's word for a missing tool
        found = ""
    return "" if os.access(found, os.X_OK) else "triton has no ptxas here"


needs_ptxas = pytest.mark.skipif(bool(_missing()), reason=_missing() or "it has")


def compile_ahead(kernel: Any, types: dict[str, str], constants: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What triton makes of a kernel ("ttir", "ptx", "cubin", ...), with those types and constants of its arguments."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    names = kernel.arg_names
    signature = {name: "constexpr" if name in constants else types[name] for name in names}
    source = ASTSource(kernel, signature, {name: constants[name] for name in names if name in constants})
    return triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options).asm
