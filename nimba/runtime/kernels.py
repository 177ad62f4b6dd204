"""What the compiled CPU kernels share: OpenMP, and as many threads as torch uses."""

import os

import numba
import torch
from numba.core import config

# numba would try TBB first, and warns of the older one that Open3D brings along. OpenMP is there wherever torch is.
if "NUMBA_THREADING_LAYER_PRIORITY" not in os.environ:
    config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]  # type: ignore[attr-defined]


def use_torch_threads() -> None:
    """Let numba's next parallel loop run on torch's number of threads (as far as numba has started that many)."""
    numba.set_num_threads(min(torch.get_num_threads(), config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
