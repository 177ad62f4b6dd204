"""Compiling on a second core: a process that prepares what a first training step needs last.

It takes the kernels from the last to the first while the step itself compiles them from the first to the last; each
finds what the other made in the cache (see ``kernel_cache``). If it cannot start, the step compiles all by itself.
"""

import functools
import os
import subprocess
import sys
from threading import Thread

import torch

from nimba.runtime.compiled import compiled_kernels_take
from nimba.runtime.kernel_cache import cache_folder

COMMAND = [sys.executable, "-m", "nimba.commands.warm", "backward"]


def compile_ahead(points: torch.Tensor) -> None:
    """Before a training step on ``points``: let another process compile too, if kernels are missing in the cache."""
    if not torch.compiler.is_compiling() and compiled_kernels_take(points):
        _start_once()


@functools.cache
def _start_once() -> None:
    from nimba.scan.backward_cpu import _backward  # numba is imported on first use

    folder = cache_folder()
    if folder and os.access(folder, os.W_OK) and (os.cpu_count() or 1) > 1 and _backward.compiled._cache.is_empty():
        Thread(target=_run, daemon=True).start()


def _run() -> None:
    silent = subprocess.DEVNULL
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    try:
        subprocess.run(COMMAND, stdin=silent, stdout=silent, stderr=silent, env=variables, start_new_session=True)
    except OSError:
        return
