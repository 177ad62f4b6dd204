"""Time on a GPU: by its own clock, without what the first calls compile."""

from collections.abc import Callable

import torch
import triton


def milliseconds(function: Callable[[], object]) -> float:
    """Median time of a call; caches are cleared between calls."""
    return float(triton.testing.do_bench(function, warmup=50, rep=200, return_mode="median"))


def bandwidth() -> float:
    """Bytes a millisecond that the memory gives: those that a copy of 2 GiB reads and writes."""
    source = torch.empty(2**30, dtype=torch.float16, device="cuda").normal_()
    target = torch.empty_like(source)
    return 2 * source.nbytes / milliseconds(lambda: target.copy_(source))
