"""Serial compiled kernels over a range, shared out to as many threads as torch uses.

numba's own parallel loops take several times as long to compile, and run narrow loops many times slower.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

_pool: ThreadPoolExecutor | None = None


def over_range(kernel: Callable[..., None], count: int, *arrays: Any) -> None:
    """Call ``kernel(first, last, *arrays)`` for parts of ``range(count)``, one a thread.

    Args:
        kernel: compiled with ``nogil=True``; what it writes for one number must not depend on the others.
        count: of numbers.
        arrays: for all parts.
    """
    threads = min(torch.get_num_threads(), count)
    edges = [count * part // max(threads, 1) for part in range(threads + 1)]
    others = [_threads().submit(kernel, *edges[part : part + 2], *arrays) for part in range(1, threads)]
    if threads:
        kernel(edges[0], edges[1], *arrays)
    for other in others:
        other.result()


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(os.cpu_count(), "nimba-kernel")
    return _pool


def _forget_threads() -> None:
    """A forked process has none of its parent's threads."""
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget_threads)
