"""Vectors of LANES numbers for compiled kernels: one value of each of LANES neighbouring channels.

numba leaves it to LLVM to turn a loop into vector instructions, which it does only where it can prove that the arrays
in it do not overlap: it gives up on loops of many arrays, as a scan's backward has. Here a kernel says what a
vector is. LANES is the same on every machine; LLVM makes of one vector as many instructions as the machine needs.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import models, overload, register_model

from nimba.runtime.kernels import helper

intrinsic: Any = extending.intrinsic  # its own types take what it decorates for the function as Python would call it

LANES = 16
_LINE = 64  # bytes of a cache line, and of the widest register
_WHOLE = ir.VectorType(ir.IntType(32), LANES)

# 2^r for |r| <= 1 / 2: the polynomial of degree 5 with the least relative error, 9e-8, of those that give 2^0 = 1.
_P1, _P2, _P3, _P4, _P5 = (
    np.float32(p)
    for p in (0.6931470036506653, 0.24022242426872253, 0.05550733581185341, 0.009671512991189957, 0.001326472731307149)
)
_ROUND = np.float32(3 << 22)  # added to a number, it leaves the nearest whole one in the low bits
_LOWEST, _HIGHEST = np.float32(-126), np.float32(127)
_ONE = np.float32(1)


class Lanes(types.Type):
    """LANES numbers of one type."""

    def __init__(self, dtype: Any):
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Lanes):
        super().__init__(manager, of, ir.VectorType(manager.lookup(of.dtype).get_value_type(), LANES))


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """array[index : index + LANES] of a contiguous array (N,); nothing is checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, types.intp), codegen


@intrinsic
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index : index + LANES] = value; nothing is checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), codegen


@intrinsic
def repeat(typingctx: Any, array: Any, index: Any) -> Any:
    """array[index] in every lane; nothing is checked."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0]).data
        return _repeated(builder, builder.load(builder.gep(data, [arguments[1]])))

    return Lanes(array.dtype)(array, types.intp), codegen


@intrinsic
def spread(typingctx: Any, number: Any) -> Any:
    """A number in every lane."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _repeated(builder, arguments[0])

    return Lanes(number)(number), codegen


@intrinsic
def total(typingctx: Any, x: Any) -> Any:
    """The sum of all lanes, halves by halves."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, width = arguments[0], LANES
        while width > 1:
            width //= 2
            low, high = (_picked(builder, value, list(range(first, first + width))) for first in (0, width))
            value = builder.fadd(low, high)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return x.dtype(x), codegen


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.call(_llvm(builder, "fma", arguments), arguments)

    return a(a, b, c), codegen


@intrinsic
def clamped(typingctx: Any, x: Any, low: Any, high: Any) -> Any:
    """x, at least low and at most high; NaN stays NaN."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, least, most = arguments
        value = builder.select(builder.fcmp_ordered("<", value, least), least, value)
        return builder.select(builder.fcmp_ordered(">", value, most), most, value)

    return x(x, low, high), codegen


@intrinsic
def where_positive(typingctx: Any, condition: Any, x: Any) -> Any:
    """x where the condition is above 0, and 0 elsewhere, also where it is NaN."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(arguments[1].type, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", arguments[0], zero), arguments[1], zero)

    return x(condition, x), codegen


def _arithmetic(name: str) -> Callable[..., Any]:
    @intrinsic
    def compute(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments)

        return a(a, b), codegen

    def of_lanes(a, b):  # type: ignore[no-untyped-def]
        return (lambda a, b: compute(a, b)) if isinstance(a, Lanes) and isinstance(b, Lanes) else None

    return of_lanes


for _operator, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    overload(_operator)(_arithmetic(_name))


@intrinsic
def _times_power_of_two(typingctx: Any, x: Any, n: Any) -> Any:
    """x 2^n of float32, by adding to its exponent; n is in the low bits of a number that _ROUND was added to."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, n = (builder.bitcast(value, _WHOLE) for value in arguments)
        moved = builder.add(x, builder.shl(n, ir.Constant(_WHOLE, [23] * LANES)))
        return builder.bitcast(moved, arguments[0].type)

    return x(x, n), codegen


@intrinsic
def _exp2_of_double(typingctx: Any, x: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.call(_llvm(builder, "exp2", arguments), arguments)

    return x(x), codegen


@helper
def _exp2_of_float(x):  # type: ignore[no-untyped-def]
    x = clamped(x, spread(_LOWEST), spread(_HIGHEST))
    rounded = x + spread(_ROUND)
    r = x - (rounded - spread(_ROUND))
    p = fused(spread(_P5), r, spread(_P4))
    p = fused(fused(p, r, spread(_P3)), r, spread(_P2))
    return _times_power_of_two(fused(fused(p, r, spread(_P1)), r, spread(_ONE)), rounded)


def exp2(x: Any) -> Any:
    """2^x of lanes, inside compiled code; of float32 with a relative error below 3e-7, and between 2^-126 and 2^127."""
    raise NotImplementedError("for kernels only")


@overload(exp2)
def _exp2(x):  # type: ignore[no-untyped-def]
    if x.dtype == types.float32:
        return lambda x: _exp2_of_float(x)
    return lambda x: _exp2_of_double(x)


def padded(x: np.ndarray) -> np.ndarray:
    """x (..., D) with zeros up to a multiple of LANES channels, which are contiguous: for a kernel's arguments."""
    missing = -x.shape[-1] % LANES
    if missing:
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])
    return x if x.strides[-1] == x.itemsize else np.ascontiguousarray(x)


@helper
def scratch(like, count):  # type: ignore[no-untyped-def]
    """``count`` zeros of the type of ``like`` that begin with a cache line, so that no vector lies across two."""
    block = np.zeros(count + _LINE // like.itemsize, like.dtype)
    first = (-block.ctypes.data % _LINE) // like.itemsize
    return block[first : first + count]


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    vector = context.get_value_type(Lanes(signature.args[0].dtype))
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())


def _picked(builder: Any, value: Any, lanes: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)
    return builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), mask)


def _repeated(builder: Any, number: Any) -> Any:
    vector = ir.VectorType(number.type, LANES)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return _picked(builder, one, [0] * LANES)


def _llvm(builder: Any, name: str, arguments: Any) -> Any:
    """LLVM's own function of vectors."""
    vector = arguments[0].type
    bits = 32 if vector.element == ir.FloatType() else 64
    function = ir.FunctionType(vector, [vector] * len(arguments))
    return cgutils.get_or_insert_function(builder.module, function, f"llvm.{name}.v{LANES}f{bits}")
