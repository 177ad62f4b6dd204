"""Whether the kernels that numba compiles for a CPU are used, or their plain torch versions.

Loading numba and the compiled kernels takes longer than classifying a handful of clouds without them: a process that
does no more than that may do without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from nimba.runtime.tracing import constant_when_compiled

_wanted = ContextVar("compiled kernels wanted", default=True)


def compiled_kernels_take(*tensors: Tensor, types: tuple[torch.dtype, ...] = (torch.float32,)) -> bool:
    """Whether these tensors are for the compiled CPU kernels: they lie on a CPU, and have one of ``types``."""
    return _are_wanted() and all(tensor.device.type == "cpu" and tensor.dtype in types for tensor in tensors)


@constant_when_compiled  # torch.compile cannot look into a context variable
def _are_wanted() -> bool:
    return _wanted.get()


@contextmanager
def without_compiled_kernels() -> Iterator[None]:
    """Use the plain torch versions of all kernels, in this thread or task, until the context is left.

    A network that torch.compile has compiled keeps what it was traced with.

    What counts (the choice of centres, their neighbours and their order) is the same to the last bit; logits agree
    within rounding, some 1e-6.
    """
    before = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(before)
