"""The selective scan as a differentiable torch function: the compiled kernel on a CPU, the loop elsewhere."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nimba.scan.reference import selective_scan_reference


def selective_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Mamba's recurrence; arguments and result as in ``selective_scan_reference``.

    On a CPU it is compiled, forward and backward, and runs in float32 (or float64, for checks of the gradient) whatever
    the autocast type is. On other devices it is the reference loop, which ``Mamba`` only uses where mamba-ssm's kernels
    are not built.
    """
    if u.device.type != "cpu":
        return selective_scan_reference(u, delta, A, B, C, D)
    dtype = torch.float64 if u.dtype == torch.float64 else torch.float32
    tensors = (t.to(dtype).contiguous() for t in (u, delta, A, B, C, D))
    return _CompiledScan.apply(*tensors).to(u.dtype)


class _CompiledScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> Tensor:
        from nimba.scan.selective_cpu import scan_forward  # numba is imported on first use

        y, states = scan_forward(*(t.detach().numpy() for t in tensors))
        ctx.save_for_backward(*tensors, torch.from_numpy(states))
        return torch.from_numpy(y)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, ...]:
        from nimba.scan.selective_cpu import scan_backward

        arrays = (t.detach().contiguous().numpy() for t in (dy, *ctx.saved_tensors))
        return tuple(torch.from_numpy(gradient) for gradient in scan_backward(*arrays))
