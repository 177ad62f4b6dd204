"""What the compiled CPU kernels share: they use as many threads as torch does."""

import numba
import torch
from numba.core import config


def use_torch_threads() -> None:
    """Let numba's next parallel loop run on torch's number of threads (as far as numba has started that many)."""
    numba.set_num_threads(min(torch.get_num_threads(), config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
