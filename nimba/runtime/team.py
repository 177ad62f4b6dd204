"""A kernel on several threads: torch's own OpenMP threads, each of which runs its share of one loop.

numba's ``parallel=True`` compiles such a loop two or three times over, which is most of what a first use waits for; it
starts its threads by setting torch's number of them; and it ends every process that is forked afterwards. Here the
kernel is compiled once, as a serial function, and a team of threads runs that same function::

    @kernel
    def double(team, x, y):
        for i in share(team, len(x)):
            y[i] = 2 * x[i]

Called from outside a team, ``share`` starts one and leaves nothing of the loop to its caller. Each thread of the team
enters the function anew, and there ``share`` is that thread's part. So what stands before and after the loop runs on
each thread as well: a kernel writes its results into its arguments, has one such loop, and returns nothing.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding
import torch
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

OUTSIDE = -1  # the number of a caller who is in no team yet

_START = "GOMP_parallel"  # (function, data, threads, flags); the OpenMP of GCC, and LLVM's on Linux, have it
_NUMBER, _SIZE = "omp_get_thread_num", "omp_get_num_threads"
_WORD, _COUNT, _POINTER = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


def _found() -> bool:
    """Make the functions of torch's OpenMP known to compiled code; whether there are any."""
    beside_torch = sorted(Path(torch.__file__).parent.glob("lib/libgomp*.so*"))
    for name in (*map(str, beside_torch), "libgomp.so.1"):
        try:
            library = ctypes.CDLL(name)
            functions = {function: getattr(library, function) for function in (_START, _NUMBER, _SIZE)}
        except (OSError, AttributeError):
            continue
        for function, entry in functions.items():
            llvmlite.binding.add_symbol(function, ctypes.cast(entry, ctypes.c_void_p).value)
        return True
    return False


TEAMS = _found()  # without them each kernel runs on one thread


@intrinsic
def _share(typingctx: Any, team: Any, count: Any) -> Any:
    """The part of ``range(count)`` that falls to this thread of ``team``; the parts are equal within one."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (team, count), word = arguments, lambda value: ir.Constant(_WORD, value)
        number, size = builder.extract_value(team, 0), builder.extract_value(team, 1)
        outside = builder.icmp_signed("<", number, word(0))
        wanted = builder.select(builder.icmp_signed("<", count, size), count, size)
        several = builder.and_(outside, builder.icmp_signed(">", wanted, word(1)))
        if TEAMS:
            with builder.if_then(several):
                _start_team(context, builder, wanted)
        number = builder.select(outside, word(0), number)
        size = builder.select(outside, word(1), size)
        left = builder.select(several, word(0), count) if TEAMS else count
        part = context.make_helper(builder, signature.return_type)
        part.start = builder.sdiv(builder.mul(left, number), size)
        part.stop = builder.sdiv(builder.mul(left, builder.add(number, word(1))), size)
        part.step = word(1)
        return part._getvalue()

    return types.range_state64_type(types.UniTuple(types.int64, 2), types.int64), codegen


share: Callable[[Any, int], range] = _share  # type: ignore[assignment]  # as kernels see it


def _start_team(context: Any, builder: Any, size: Any) -> None:
    """Let ``size`` threads enter the function that is being built, with its own arguments but for the team."""
    kernel, module = builder.function, builder.module
    name = f"{kernel.name}.team"
    assert name not in module.globals, "a kernel has one loop that is shared"
    packed = ir.LiteralStructType([_COUNT, kernel.args[1].type.pointee, *(value.type for value in kernel.args)])
    thread = ir.Function(module, ir.FunctionType(ir.VoidType(), [_POINTER]), name)
    thread.linkage = "internal"
    _build_thread(context, thread, kernel, packed)
    data = cgutils.alloca_once(builder, packed)
    status = cgutils.gep_inbounds(builder, data, 0, 0)
    builder.store(ir.Constant(_COUNT, 0), status)
    for place, value in enumerate(kernel.args):
        builder.store(value, cgutils.gep_inbounds(builder, data, 0, 2 + place))
    start = ir.FunctionType(ir.VoidType(), [thread.type, _POINTER, _COUNT, _COUNT])
    start = cgutils.get_or_insert_function(module, start, _START)
    builder.call(start, [thread, builder.bitcast(data, _POINTER), builder.trunc(size, _COUNT), ir.Constant(_COUNT, 0)])
    failed = builder.load(status)
    with builder.if_then(cgutils.is_not_null(builder, failed), likely=False):  # a thread's error is the caller's
        builder.store(builder.load(cgutils.gep_inbounds(builder, data, 0, 1)), kernel.args[1])
        builder.ret(failed)


def _build_thread(context: Any, thread: Any, kernel: Any, packed: Any) -> None:
    """What each thread of the team runs: the kernel, with arguments from ``packed`` and a result of its own."""
    builder = ir.IRBuilder(thread.append_basic_block())
    data = builder.bitcast(thread.args[0], packed.as_pointer())
    values = [builder.load(cgutils.gep_inbounds(builder, data, 0, 2 + place)) for place in range(len(kernel.args))]
    values[0] = cgutils.alloca_once(builder, kernel.args[0].type.pointee)
    values[1] = cgutils.alloca_once(builder, kernel.args[1].type.pointee)
    ask = ir.FunctionType(_COUNT, [])
    for place, name in ((2, _NUMBER), (3, _SIZE)):
        values[place] = builder.sext(builder.call(cgutils.get_or_insert_function(builder.module, ask, name), []), _WORD)
    code = builder.call(kernel, values, attrs=("noinline",))
    status = context.call_conv._get_return_status(builder, code, builder.load(values[1]))
    with builder.if_then(status.is_error, likely=False):
        builder.store(builder.load(values[1]), cgutils.gep_inbounds(builder, data, 0, 1))
        builder.store(code, cgutils.gep_inbounds(builder, data, 0, 0))
    builder.ret_void()
