"""The scan in Triton as a torch operator with a gradient; triton is imported on the first call."""

from typing import Any

import torch
from torch import Tensor

from nimba.runtime.operators import define_gradient, define_operator, empty_like_each
from nimba.scan.segments import TRITON_SEGMENT, state_type


def selective_scan_triton(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Arguments as in ``selective_scan_reference``, of any floating types and strides -> (B, L, D) in the type of u.

    Inside it is float32, or float64 for a float64 u.
    """
    tensors = (u, delta, A, B, C, D)
    keep = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    return torch.ops.nimba.selective_scan_triton(*tensors, keep)[0]


def _scan(*arguments: Any) -> tuple[Tensor, Tensor]:
    from nimba.scan.selective_triton import scan_forward

    return scan_forward(*arguments)


def _scan_backward(*tensors: Any) -> list[Tensor]:
    from nimba.scan.selective_triton import scan_backward

    return scan_backward(*tensors)


def _empty_scan(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, keep: bool
) -> tuple[Tensor, Tensor]:
    segments = (u.shape[1] + TRITON_SEGMENT - 1) // TRITON_SEGMENT if keep else 0
    states = u.new_empty(u.shape[0], segments, *A.shape, dtype=state_type(u))
    return torch.empty(u.shape, dtype=u.dtype, device=u.device), states


def _gradient(dy: Tensor, *inputs: Any) -> list[Tensor]:
    *tensors, _keep, states = inputs
    return torch.ops.nimba.selective_scan_triton_backward(dy, *tensors, states)


_TENSORS = "Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor D"
define_operator(f"selective_scan_triton({_TENSORS}, bool keep) -> (Tensor, Tensor)", _scan, _empty_scan, cpu_only=False)
define_operator(
    f"selective_scan_triton_backward(Tensor dy, {_TENSORS}, Tensor states) -> Tensor[]",
    _scan_backward,
    lambda dy, *tensors: empty_like_each(*tensors[:-1]),
    cpu_only=False,
)
define_gradient("selective_scan_triton", _gradient, saved_outputs=[1])
