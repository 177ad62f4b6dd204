"""Where the checks run: on a GPU at full size, or rehearsed on a CPU, a few small steps each."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")
Movable = TypeVar("Movable", Tensor, nn.Module)


@dataclass(frozen=True)
class Setup:
    """A device, and how much to do on it.

    Args:
        device: "cuda", or "cpu" for a rehearsal.
    """

    device: str

    @property
    def rehearsal(self) -> bool:
        """Whether this only shows that the checks run."""
        return self.device == "cpu"

    def size(self, full: T, small: T) -> T:
        """``full``, or ``small`` in a rehearsal."""
        return small if self.rehearsal else full

    def put(self, what: Movable) -> Movable:
        """A tensor, or a network, on the device."""
        return what.to(self.device)

    def autocast(self, dtype: torch.dtype = torch.bfloat16) -> AbstractContextManager[None]:
        """Mixed precision, except for float32."""
        return torch.autocast(self.device, dtype, enabled=dtype != torch.float32)

    def milliseconds(self, function: Callable[[], object]) -> float:
        """Median time of a call; on a GPU by its own clock, caches cleared between calls."""
        if not self.rehearsal:
            import triton

            return float(triton.testing.do_bench(function, warmup=50, rep=200, return_mode="median"))
        function()
        begin = time.perf_counter()
        function()
        return 1e3 * (time.perf_counter() - begin)

    def bandwidth(self) -> float:
        """Bytes a millisecond that the memory gives: those that a copy of 2 GiB reads and writes."""
        source = torch.empty(self.size(2**30, 2**20), dtype=torch.float16, device=self.device).normal_()
        target = torch.empty_like(source)
        return 2 * source.nbytes / self.milliseconds(lambda: target.copy_(source))
