"""Kernels compiled for the CPU: how they are declared, and run on as many threads as torch uses.

``kernel`` is for functions that Python calls, ``helper`` for those that only kernels call. Both compile on first use; a
kernel is compiled once for a CPU and a version of its code, and kept (see ``kernel_cache``).
"""

import functools
import gc
import inspect
import os
from collections.abc import Callable
from typing import Any

import torch
from numba import njit
from numba.core import event

from nimba.runtime.kernel_cache import KernelCache
from nimba.runtime.parts import part
from nimba.runtime.team import OUTSIDE, TEAMS, share

__all__ = ["helper", "kernel", "kernel_threads", "share"]

Function = Callable[..., Any]


def kernel(function: Function | None = None, **options: Any) -> Any:
    """Declare a function that is compiled when Python first calls it, and runs without Python's lock.

    If its first parameter is named ``team``, it is given a team of as many threads as torch uses, for its loop over
    ``share(team, count)``; callers leave that argument out.

    Args:
        function: what numba can compile.
        options: of ``numba.njit``: fastmath, error_model.
    """
    if function is None:
        return functools.partial(kernel, **options)
    options |= {"nogil": True, "no_cfunc_wrapper": True}
    compiled = njit(**options)(function)
    compiled._cache = KernelCache(compiled)
    if next(iter(inspect.signature(function).parameters), None) != "team":
        return compiled

    @functools.wraps(function)
    def run(*arguments: Any) -> None:
        threads = kernel_threads()
        compiled((OUTSIDE, threads) if threads > 1 else (0, 1), *arguments)

    run.compiled = compiled  # type: ignore[attr-defined]
    return run


def helper(function: Function | None = None, **options: Any) -> Any:
    """Declare a function that kernels call: it becomes a part of theirs, and cannot be called from Python."""
    if function is None:
        return functools.partial(helper, **options)
    return part(function, **options)


def kernel_threads() -> int:
    """How many threads the next kernel runs on: torch's; one in a forked child, which OpenMP's threads do not reach."""
    return torch.get_num_threads() if TEAMS and not _forked else 1


class _WithoutCollecting(event.Listener):
    """No garbage collection while numba compiles: it makes many objects and little garbage; an eighth of the time."""

    def __init__(self) -> None:
        self._depth, self._wanted = 0, False

    def on_start(self, event: Any) -> None:
        if self._depth == 0:
            self._wanted = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, event: Any) -> None:
        self._depth -= 1
        if self._depth == 0 and self._wanted:
            gc.enable()


event.register("numba:compile", _WithoutCollecting())

_forked = False


def _note_fork() -> None:
    global _forked
    _forked = True


os.register_at_fork(after_in_child=_note_fork)
