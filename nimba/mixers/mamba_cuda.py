"""The mixer on mamba-ssm's CUDA kernels, whose layout is (B, channels, L), and when they can take its place."""

from typing import Literal, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.mixers.convolution import causal_conv_silu

Path = Literal["fused", "scan kernel", "own"]

KERNEL_TYPES = (torch.float32, torch.bfloat16, torch.float16)
MOST_STATES = 256  # of a channel, in mamba-ssm's scan
CONVOLUTION_WIDTHS = range(2, 5)  # of causal-conv1d


def choose_path(
    dtype: torch.dtype, length: int, d_state: int, d_conv: int, *, scan_kernel: bool, conv_kernel: bool, compiling: bool
) -> Path:
    """Which way a mixer goes on a CUDA device: as far on mamba-ssm's kernels as they take it, else NIMBA's own way.

    Args:
        dtype: of the tokens.
        length: their number.
        d_state: N.
        d_conv: width of the convolution.
        scan_kernel: whether mamba-ssm's is there.
        conv_kernel: whether causal-conv1d's is.
        compiling: whether torch.compile traces the call; those kernels are no operators, and would split the network.

    Returns:
        "fused" (``mix_fused``), "scan kernel" (``mix_with_scan_kernel``) or "own".
    """
    if compiling or not scan_kernel or dtype not in KERNEL_TYPES or d_state > MOST_STATES:
        return "own"
    # A single step looks like channels last to causal-conv1d, which then takes multiples of 8 channels only.
    return "fused" if conv_kernel and d_conv in CONVOLUTION_WIDTHS and length > 1 else "scan kernel"


class MambaLayers(Protocol):
    """What the kernels take of ``nimba.mixers.Mamba``; mamba_ssm's own has the same."""

    d_state: int
    dt_rank: int
    in_proj: nn.Linear
    conv1d: nn.Conv1d
    x_proj: nn.Linear
    dt_proj: nn.Linear
    A_log: nn.Parameter
    D: nn.Parameter
    out_proj: nn.Linear


def mix_fused(mixer: MambaLayers, x: Tensor) -> Tensor:
    """Convolution, projections, scan and gate in one call (needs causal-conv1d): (B, L, dim) -> (B, L, dim)."""
    from mamba_ssm.ops.selective_scan_interface import mamba_inner_fn

    return mamba_inner_fn(
        mixer.in_proj(x).transpose(1, 2),  # (B, 2 inner, L)
        mixer.conv1d.weight,
        mixer.conv1d.bias,
        mixer.x_proj.weight,
        mixer.dt_proj.weight,
        mixer.out_proj.weight,
        mixer.out_proj.bias,
        -mixer.A_log.float().exp(),
        D=mixer.D.float(),
        delta_bias=mixer.dt_proj.bias.float(),
        delta_softplus=True,
    )


def mix_with_scan_kernel(mixer: MambaLayers, x: Tensor) -> Tensor:
    """The scan alone in a kernel (mamba-ssm without causal-conv1d): (B, L, dim) -> (B, L, dim)."""
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    x, z = mixer.in_proj(x).chunk(2, dim=-1)  # 2 x (B, L, inner)
    x = causal_conv_silu(x, mixer.conv1d.weight, mixer.conv1d.bias)  # type: ignore[arg-type]
    dt, B, C = mixer.x_proj(x).split([mixer.dt_rank, mixer.d_state, mixer.d_state], dim=-1)
    delta = F.linear(dt, mixer.dt_proj.weight)  # (B, L, inner)
    # The kernel takes sequences of one type only, and autocast may give them several.
    u, delta, B, C, z = (t.transpose(1, 2).to(x.dtype).contiguous() for t in (x, delta, B, C, z))
    y = selective_scan_fn(
        *(u, delta),  # 2 x (B, inner, L)
        -mixer.A_log.float().exp(),
        *(B, C),  # 2 x (B, N, L)
        mixer.D.float(),
        z=z,  # (B, inner, L)
        delta_bias=mixer.dt_proj.bias.float(),
        delta_softplus=True,
    )
    return mixer.out_proj(y.transpose(1, 2))  # (B, L, dim)
