"""The selective scan as a differentiable torch function: compiled on a CPU and in Triton, a loop elsewhere."""

import torch
from torch import Tensor

from nimba.runtime.compiled import compiled_kernels_take
from nimba.runtime.optional import triton_available
from nimba.scan import operators  # noqa: F401 - declares torch.ops.nimba.selective_scan
from nimba.scan.operators_triton import selective_scan_triton
from nimba.scan.reference import selective_scan_reference

_TYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def selective_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba's recurrence; arguments and result as in ``selective_scan_reference``.

    On a CPU it is compiled, forward and backward, and runs in float32 (or float64, for checks of the gradient) whatever
    the autocast type is; so it is on CUDA, where Triton works. Elsewhere it is the reference loop. Except for that
    loop, the result has the type of u.
    """
    if u.is_cuda and triton_available():
        return selective_scan_triton(u, delta, A, B, C, D)
    # In an exported graph the loop would be a copy of its body for each step: the operator stands for it.
    exported = torch.compiler.is_exporting() and u.device.type == "cpu"
    if not compiled_kernels_take(u, types=_TYPES) and not exported:
        return selective_scan_reference(u, delta, A, B, C, D)
    dtype = torch.float64 if u.dtype == torch.float64 else torch.float32
    tensors = (t.to(dtype).contiguous() for t in (u, delta, A, B, C, D))
    return torch.ops.nimba.selective_scan(*tensors)[0].to(u.dtype)
