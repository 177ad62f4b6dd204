"""The scan compiled for a CPU, as a torch operator with a gradient."""

import torch
from torch import Tensor

from nimba.runtime.operators import arrays, define_gradient, define_operator, empty_like_each, from_arrays
from nimba.scan.segments import SEGMENT


def _scan(*tensors: Tensor) -> tuple[Tensor, Tensor]:
    from nimba.scan.selective_cpu import scan_forward  # numba is imported on first use

    y, states = from_arrays(scan_forward(*arrays(tensors)))
    return y, states


def _scan_backward(*tensors: Tensor) -> list[Tensor]:
    from nimba.scan.backward_cpu import scan_backward

    return from_arrays(scan_backward(*arrays(tensors)))


define_operator(
    "selective_scan(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor D) -> (Tensor, Tensor)",
    _scan,
    lambda u, delta, A, B, C, D: (
        *empty_like_each(u),
        u.new_empty(u.shape[0], (u.shape[1] + SEGMENT - 1) // SEGMENT, A.shape[1], u.shape[2]),
    ),
)
define_operator(
    "selective_scan_backward(Tensor dy, Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor D, Tensor states)"
    " -> Tensor[]",
    _scan_backward,
    lambda dy, u, delta, A, B, C, D, states: empty_like_each(u, delta, A, B, C, D),
)
define_gradient("selective_scan", torch.ops.nimba.selective_scan_backward, saved_outputs=[1])
