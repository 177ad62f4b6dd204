"""An exponential that compilers turn into vector instructions (numba would call the scalar one of libm)."""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from nimba.runtime.kernels import helper

_LOG2E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)  # ln 2 in two parts: n * high is exact, so the reduction loses nothing
_LN2_LOW = np.float32(-2.12194440e-4)
# Cephes' minimax polynomial for (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2.
_P0, _P1, _P2, _P3, _P4, _P5 = (
    np.float32(p) for p in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5)
)
_LOWEST = np.float32(-87.3)  # below, the result would be subnormal
_HIGHEST = np.float32(88.0)
_ONE = np.float32(1.0)


@intrinsic
def _power_of_two(typingctx: Any, n: Any) -> Any:
    """2^n for a whole float32 in -126..127, by writing its exponent bits."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(32)
        biased = builder.add(builder.fptosi(arguments[0], whole), ir.Constant(whole, 127))
        return builder.bitcast(builder.shl(biased, ir.Constant(whole, 23)), ir.FloatType())

    return types.float32(types.float32), codegen


@helper
def _exp_float32(x):  # type: ignore[no-untyped-def]
    """exp(x), relative error below 2e-7; results below 1.2e-38 come out as 1.2e-38, above 1.6e38 as 1.6e38."""
    x = min(max(x, _LOWEST), _HIGHEST)
    n = np.floor(x * _LOG2E + np.float32(0.5))
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    p = ((((_P0 * r + _P1) * r + _P2) * r + _P3) * r + _P4) * r + _P5
    return (p * r * r + r + _ONE) * _power_of_two(n)  # type: ignore[call-arg]


def exponential(x: float) -> float:
    """exp of a float32 or float64, inside compiled code and out of it."""
    return math.exp(x)


@overload(exponential)
def _exponential(x):  # type: ignore[no-untyped-def]
    if x == types.float32:
        return lambda x: _exp_float32(x)
    return lambda x: math.exp(x)
