"""Tests of Triton kernels on a CPU: their bodies run in a child process whose triton interprets kernels.

Triton decides when it is first imported whether kernels are compiled or interpreted, so the process of the other tests
must not be the one that interprets.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, wraps
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import pytest

_VARIABLE = "TRITON_INTERPRET"
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed (it comes with CUDA)")


def interpreted(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test in the child; what it raises is raised here. Its arguments must be picklable."""

    @wraps(test)
    def in_child(**arguments: Any) -> None:
        _child().submit(_run, test.__module__, test.__name__, arguments).result()

    return needs_triton(in_child)


@cache
def _child() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    os.environ[_VARIABLE] = "1"
    from triton.runtime import interpreter

    patch = interpreter._patch_lang_tensor

    def patched(tensor: Any, scope: Any) -> None:
        patch(tensor, scope)
        # Triton 3.6 calls int() of an array of one element, which NumPy 2.4 refuses.
        scope.set_attr(tensor, "__index__", lambda self: self.handle.data.item())

    interpreter._patch_lang_tensor = patched


def _run(module: str, name: str, arguments: dict[str, Any]) -> None:
    getattr(import_module(module), name).__wrapped__(**arguments)
