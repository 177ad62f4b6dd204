"""The selective scan as a differentiable torch function: the compiled kernel on a CPU, the loop elsewhere."""

import torch
from torch import Tensor

from nimba.scan import operators  # noqa: F401 - declares torch.ops.nimba.selective_scan
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
    return torch.ops.nimba.selective_scan(*tensors)[0].to(u.dtype)
